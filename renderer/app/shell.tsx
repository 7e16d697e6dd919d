import type { ReactElement } from 'react';
import { Outlet } from 'react-router';

import { JobStrip } from './job-strip.tsx';
import { Rail } from './rail.tsx';
import classes from './shell.module.css';
import { TopBar } from './top-bar.tsx';

/** The frame on every screen: bar above, rail at the left, strip of live jobs below. */
export function Shell(): ReactElement {
  return (
    <div className={classes['shell']}>
      <TopBar />
      <Rail />
      <main className={classes['main']} id="main">
        <Outlet />
      </main>
      <JobStrip />
    </div>
  );
}
