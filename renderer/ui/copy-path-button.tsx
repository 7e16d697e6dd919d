import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import { useCopied } from './use-copied.ts';

export type CopyPathButtonProps = Readonly<{
  path: string;
  label: string;
  /** Said after it was copied. */
  copied: string;
}>;

/** A path for the clipboard; hovering shows it. */
export function CopyPathButton({ path, label, copied }: CopyPathButtonProps): ReactElement {
  const words = useWords('common');
  const { outcome, copy } = useCopied();
  const said = { copied, notCopied: words('notCopied') };
  return (
    <Tooltip label={outcome === undefined ? path : said[outcome]} openDelay={300}>
      <ActionIcon variant="default" size={26} aria-label={label} onClick={() => copy(path)}>
        {outcome === 'copied' ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}
