import type { ReactElement } from 'react';

import classes from './progress-bar.module.css';

export type ProgressBarProps = Readonly<{
  /** Between 0 and 1; undefined while the end is unknown. */
  fraction: number | undefined;
  /** What progresses, for readers of screens. */
  label: string;
  tone?: 'accent' | 'amber' | 'red';
}>;

export function ProgressBar({ fraction, label, tone = 'accent' }: ProgressBarProps): ReactElement {
  const known = fraction !== undefined && Number.isFinite(fraction);
  const percent = known ? Math.min(100, Math.max(0, fraction * 100)) : 0;
  return (
    <div
      className={classes['track']}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(known ? { 'aria-valuenow': Math.round(percent) } : {})}
    >
      <div
        className={classes['bar']}
        data-tone={tone}
        data-unknown={known ? undefined : true}
        style={{ width: known ? `${percent}%` : '100%' }}
      />
    </div>
  );
}
