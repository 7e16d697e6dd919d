import { Group, Paper, Title } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

import classes from './panel.module.css';

export type PanelProps = Readonly<{
  title?: ReactNode;
  /** Buttons and switches at the right of the title. */
  actions?: ReactNode;
  children?: ReactNode;
  /** Lets a table or a chart reach the edges. */
  flush?: boolean;
  className?: string;
}>;

/** A titled card; the unit every screen is laid out in. */
export function Panel({ title, actions, children, flush, className }: PanelProps): ReactElement {
  return (
    <Paper component="section" className={`${classes['panel'] ?? ''} ${className ?? ''}`}>
      {(title !== undefined || actions !== undefined) && (
        <Group className={classes['head'] ?? ''} justify="space-between" wrap="nowrap" gap="sm">
          {typeof title === 'string' ? (
            <Title order={2} fz="md">
              {title}
            </Title>
          ) : (
            title
          )}
          {actions !== undefined && (
            <Group gap="xs" wrap="nowrap">
              {actions}
            </Group>
          )}
        </Group>
      )}
      <div className={flush === true ? classes['flush'] : classes['body']}>{children}</div>
    </Paper>
  );
}
