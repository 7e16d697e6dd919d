import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';

import classes from './notice.module.css';

export type NoticeProps = Readonly<{ tone: 'red' | 'amber' | 'plain'; children: ReactNode }>;

/** A short word beside the figures: red stands in the way, amber wants a look. */
export function Notice({ tone, children }: NoticeProps): ReactElement {
  return (
    <div className={classes['notice']} data-tone={tone}>
      {tone === 'plain' ? (
        <IconInfoCircle size={16} aria-hidden />
      ) : (
        <IconAlertTriangle size={16} aria-hidden />
      )}
      <div>{children}</div>
    </div>
  );
}
