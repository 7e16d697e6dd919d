import type { ReactElement, ReactNode } from 'react';

import classes from './fact.module.css';

export type FactProps = Readonly<{ name: string; strong?: boolean; children: ReactNode }>;

/** One figure of the sheet with its name. */
export function Fact({ name, strong = false, children }: FactProps): ReactElement {
  return (
    <div className={classes['fact']}>
      <span>{name}</span>
      <span data-strong={strong || undefined}>{children}</span>
    </div>
  );
}
