import { Title } from '@mantine/core';
import { useEffect, type ComponentType, type ReactElement } from 'react';
import { Link, useSearchParams } from 'react-router';

import { useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { AboutPanel } from './about-panel.tsx';
import { AppearancePanel } from './appearance-panel.tsx';
import { DataPanel } from './data-panel.tsx';
import { DesktopPanel } from './desktop-panel.tsx';
import { GrantsPanel } from './grants-panel.tsx';
import { PrivacyPanel } from './privacy-panel.tsx';
import { RuntimePanel } from './runtime-panel.tsx';
import { SecretsPanel } from './secrets-panel.tsx';
import { StoragePanel } from './storage-panel.tsx';
import classes from './settings-screen.module.css';

type Section = Readonly<{
  /** Key of its name, `settings:section.<id>`, and what an address names it by. */
  id: string;
  Panel: ComponentType;
  /** Whether only the desktop app has it. */
  isDesktop?: boolean;
}>;

const SECTIONS: readonly Section[] = [
  { id: 'appearance', Panel: AppearancePanel },
  { id: 'data', Panel: DataPanel },
  { id: 'storage', Panel: StoragePanel },
  { id: 'grants', Panel: GrantsPanel },
  { id: 'runtime', Panel: RuntimePanel },
  { id: 'secrets', Panel: SecretsPanel },
  { id: 'privacy', Panel: PrivacyPanel },
  { id: 'desktop', Panel: DesktopPanel, isDesktop: true },
  { id: 'about', Panel: AboutPanel },
];

const elementId = (section: string): string => `settings-${section}`;

/** Everything that is set once and for all; `/settings?section=<id>` opens it at a section. */
export function SettingsScreen(): ReactElement {
  const words = useWords('settings');
  const capabilities = useCall('app.capabilities', {});
  const isDesktop = capabilities.data?.nativeDialogs.available === true;
  const sections = SECTIONS.filter((section) => section.isDesktop !== true || isDesktop);
  const [search] = useSearchParams();
  const wanted = search.get('section');
  useEffect(() => {
    if (wanted === null) return;
    const section = document.getElementById(elementId(wanted));
    section?.scrollIntoView({ block: 'start' });
    section?.focus({ preventScroll: true });
  }, [wanted]);
  return (
    <div className={classes['screen']}>
      <Title order={1}>{words('title')}</Title>
      <div className={classes['columns']}>
        <nav className={classes['places']} aria-label={words('places')}>
          {sections.map(({ id }) => (
            <Link
              key={id}
              to={`/settings?section=${id}`}
              className={classes['place'] ?? ''}
              aria-current={wanted === id ? 'true' : undefined}
            >
              {words(`section.${id}`)}
            </Link>
          ))}
        </nav>
        <div className={classes['sections']}>
          {sections.map(({ id, Panel }) => (
            <div key={id} id={elementId(id)} tabIndex={-1} className={classes['section']}>
              <Panel />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
