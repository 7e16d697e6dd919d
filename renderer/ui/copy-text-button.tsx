import type { ReactElement } from 'react';

import { Button } from '@mantine/core';

import { useWords } from '../i18n/use-words.ts';
import { useCopied } from './use-copied.ts';

export type CopyTextButtonProps = Readonly<{
  text: string;
  /** What is copied, where more than one thing can be. */
  label?: string;
}>;

export function CopyTextButton({ text, label }: CopyTextButtonProps): ReactElement {
  const words = useWords('common');
  const { outcome, copy } = useCopied();
  return (
    <Button size="compact-xs" variant="subtle" onClick={() => copy(text)}>
      {outcome === undefined ? (label ?? words('copy')) : words(outcome)}
    </Button>
  );
}
