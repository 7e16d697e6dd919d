import type { ReactElement, ReactNode } from 'react';

import classes from './setting-row.module.css';

export type SettingRowProps = Readonly<{
  name: ReactNode;
  /** What it does, or the value where nothing can be changed. */
  hint?: ReactNode;
  /** The switch, choice or button. */
  children?: ReactNode;
}>;

/** One setting: words at the left, its control at the right; below each other where it is narrow. */
export function SettingRow({ name, hint, children }: SettingRowProps): ReactElement {
  return (
    <div className={classes['row']}>
      <div className={classes['words']}>
        <div className={classes['name']}>{name}</div>
        {hint !== undefined && <div className={classes['hint']}>{hint}</div>}
      </div>
      {children}
    </div>
  );
}
