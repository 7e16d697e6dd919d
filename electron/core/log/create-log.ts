import { mkdirSync } from 'node:fs';
import path from 'node:path';

import type { Redactor } from './redactor.ts';
import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

export type CoreLog = Readonly<{
  logger: Logger;
  close(): void;
}>;

/** The core's own log, one JSON line an entry. Errors keep their stack; secrets are taken out of every line. */
export function createLog(file: string, redactor: Redactor): CoreLog {
  mkdirSync(path.dirname(file), { recursive: true });
  // Synchronous: entries are rare, and the last one before a crash is the one that is needed.
  const stream = destination({ dest: file, append: true, sync: true });
  const clean = { write: (line: string) => void stream.write(redactor.text(line)) };
  const logger = pino({ base: null, timestamp: stdTimeFunctions.isoTime }, clean);
  return {
    logger,
    close: () => {
      stream.flushSync();
      stream.end();
    },
  };
}
