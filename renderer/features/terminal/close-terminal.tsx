import { Button } from '@mantine/core';
import type { ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import type { TerminalView } from '../../../electron/shared/contract/methods/terminal.ts';

export type CloseTerminalProps = Readonly<{ terminal: TerminalView; onClose: () => void }>;

/** One with a living shell asks first: what was started in it ends with it. */
export function CloseTerminal({ terminal, onClose }: CloseTerminalProps): ReactElement {
  const words = useWords('terminal');
  if (terminal.exit !== undefined) {
    return (
      <Button size="compact-sm" variant="default" onClick={onClose}>
        {words('close')}
      </Button>
    );
  }
  return (
    <ConfirmButton
      question={words('closeQuestion')}
      consequence={words('closeConsequence')}
      confirm={words('closeConfirm')}
      onConfirm={onClose}
      button={{ size: 'compact-sm' }}
    >
      {words('close')}
    </ConfirmButton>
  );
}
