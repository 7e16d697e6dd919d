import { ActionIcon, Button } from '@mantine/core';
import { IconFolderOpen } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import { useTold } from './use-told.ts';

export type RevealButtonProps = Readonly<{
  path: string;
  /** Undefined where nothing can be shown; the button is not there then. */
  reveal: ((path: string) => Promise<unknown>) | undefined;
  /** `icon` where the path stands beside it. */
  look?: 'button' | 'icon';
}>;

/** Shows a file or folder where it lies, in the system's file manager. */
export function RevealButton({ path, reveal, look = 'button' }: RevealButtonProps): ReactElement | null {
  const words = useWords('common');
  const told = useTold();
  if (reveal === undefined) return null;
  const show = (): void => told(reveal(path));
  if (look === 'icon') {
    return (
      <ActionIcon
        variant="default"
        size={26}
        title={words('reveal')}
        aria-label={words('revealPath', { path })}
        onClick={show}
      >
        <IconFolderOpen size={14} aria-hidden />
      </ActionIcon>
    );
  }
  return (
    <Button variant="default" leftSection={<IconFolderOpen size={16} aria-hidden />} onClick={show}>
      {words('reveal')}
    </Button>
  );
}
