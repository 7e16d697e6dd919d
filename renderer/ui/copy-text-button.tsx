import { useEffect, useState, type ReactElement } from 'react';

import { Button } from '@mantine/core';

import { useWords } from '../i18n/use-words.ts';
import { copyText } from './copy-text.ts';

export type CopyTextButtonProps = Readonly<{
  text: string;
  /** What is copied, where more than one thing can be. */
  label?: string;
}>;

/** How long the button says what came of it. */
const SAID_MS = 1500;

export function CopyTextButton({ text, label }: CopyTextButtonProps): ReactElement {
  const words = useWords('common');
  const [outcome, setOutcome] = useState<'copied' | 'notCopied' | undefined>(undefined);
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      onClick={() => void copyText(text).then((done) => setOutcome(done ? 'copied' : 'notCopied'))}
    >
      {outcome === undefined ? (label ?? words('copy')) : words(outcome)}
    </Button>
  );
}
