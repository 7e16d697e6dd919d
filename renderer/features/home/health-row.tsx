import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';

import classes from './health-row.module.css';

/** `ok` was looked at and holds; `info` says how it is without a judgement. */
export type Health = 'ok' | 'attention' | 'bad' | 'info';

const SIGNS = {
  ok: IconCircleCheck,
  attention: IconAlertTriangle,
  bad: IconCircleX,
  info: IconInfoCircle,
} as const;

export type HealthRowProps = Readonly<{
  health: Health;
  /** What is judged. */
  name: string;
  /** How it is, in words. */
  verdict: ReactNode;
  /** A path or a sentence of reason. */
  detail?: ReactNode;
}>;

export function HealthRow({ health, name, verdict, detail }: HealthRowProps): ReactElement {
  const Sign = SIGNS[health];
  return (
    <li className={classes['row']}>
      <Sign size={18} stroke={1.75} aria-hidden className={classes['sign'] ?? ''} data-health={health} />
      <div className={classes['words']}>
        <div className={classes['head']}>
          <span className={classes['name']}>{name}</span>
          <span>{verdict}</span>
        </div>
        {detail !== undefined && <div className={classes['detail']}>{detail}</div>}
      </div>
    </li>
  );
}
