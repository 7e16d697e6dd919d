import type { ReactElement } from 'react';
import { NavLink } from 'react-router';

import { useWords } from '../i18n/use-words.ts';
import { useLiveRuns } from '../state/live-runs.ts';
import classes from './rail.module.css';
import { SCREENS } from './screens.ts';

export function Rail(): ReactElement {
  const words = useWords('common');
  const live = useLiveRuns().length;
  return (
    <nav className={classes['rail']} aria-label={words('rail.label')}>
      {SCREENS.map((screen) => (
        <NavLink
          key={screen.id}
          to={screen.path}
          end={screen.path === '/'}
          className={classes['place'] ?? ''}
          title={words(`rail.${screen.id}`)}
        >
          <screen.icon size={18} stroke={1.75} aria-hidden />
          <span className={classes['name']}>{words(`rail.${screen.id}`)}</span>
          {screen.id === 'runs' && live > 0 && (
            <span className={classes['live']}>
              <span aria-hidden>● {live}</span>
              <span className={classes['spoken']}>{words('rail.live', { count: live })}</span>
            </span>
          )}
        </NavLink>
      ))}
    </nav>
  );
}
