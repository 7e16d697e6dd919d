import { useEffect, useState } from 'react';

import { copyText } from './copy-text.ts';

/** How long a button says what came of it. */
const SAID_MS = 1500;

export type Copied = Readonly<{
  /** Of the last copying, for a moment. */
  outcome: 'copied' | 'notCopied' | undefined;
  copy: (text: string) => void;
}>;

/** Copies a text, and knows for a moment what came of it. */
export function useCopied(): Copied {
  const [outcome, setOutcome] = useState<Copied['outcome']>(undefined);
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (text: string): void =>
    void copyText(text).then((done) => setOutcome(done ? 'copied' : 'notCopied'));
  return { outcome, copy };
}
