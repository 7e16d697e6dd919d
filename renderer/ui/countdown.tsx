import { useEffect, useState, type ReactElement } from 'react';

import { formatDuration } from '../i18n/format.ts';
import { useLanguage } from '../i18n/use-words.ts';

const TICK_MS = 1000;

/** What is left until a moment, second by second; nothing once it has come. Readers of screens are not told each one. */
export function Countdown({ untilMs }: Readonly<{ untilMs: number }>): ReactElement | null {
  const language = useLanguage();
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const leftMs = untilMs - nowMs;
  return leftMs <= 0 ? null : <span aria-hidden>{formatDuration(leftMs, language)}</span>;
}
