import { UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState, type ReactElement, type ReactNode } from 'react';

import classes from './release.module.css';

export type FoldProps = Readonly<{
  title: string;
  /** What stands inside, in a few words, while it is folded. */
  summary?: string | undefined;
  children: ReactNode;
}>;

/** What most people leave as it is; out of sight until it is opened. */
export function Fold({ title, summary, children }: FoldProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <UnstyledButton
        className={classes['fold'] ?? ''}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Chevron size={14} aria-hidden />
        <span className={classes['foldTitle']}>{title}</span>
        {summary !== undefined && <span className={classes['foldSummary']}>{summary}</span>}
      </UnstyledButton>
      {isOpen && <div className={classes['folded']}>{children}</div>}
    </div>
  );
}
