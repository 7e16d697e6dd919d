import { useRef, useState, type ReactElement } from 'react';
import { Outlet, useLocation } from 'react-router';

import { JobStrip } from './job-strip.tsx';
import { KeysModal } from './keys-modal.tsx';
import { Palette } from './palette.tsx';
import { usePreferencesSync } from './preferences-sync.ts';
import { Rail } from './rail.tsx';
import { RunsFeed } from './runs-feed.tsx';
import classes from './shell.module.css';
import { TopBar } from './top-bar.tsx';
import { useScreenTitle } from './use-screen-title.ts';
import { useScrollMemory } from './use-scroll-memory.ts';
import { useShortcuts } from './use-shortcuts.ts';

/** The frame on every screen: bar above, rail at the left, strip of live jobs below. */
export function Shell(): ReactElement {
  const [keysShown, setKeysShown] = useState(false);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useShortcuts(() => setKeysShown(true));
  usePreferencesSync();
  useScreenTitle(pathname);
  useScrollMemory(main, pathname);
  return (
    <div className={classes['shell']}>
      <RunsFeed />
      <TopBar />
      <Rail />
      <main className={classes['main']} ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <JobStrip />
      <Palette onKeys={() => setKeysShown(true)} />
      <KeysModal opened={keysShown} onClose={() => setKeysShown(false)} />
    </div>
  );
}
