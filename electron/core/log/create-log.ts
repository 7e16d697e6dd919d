import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

export type CoreLog = Readonly<{
  logger: Logger;
  close(): void;
}>;

/** The core's own log, one JSON line an entry. Errors keep their stack; nothing secret is ever passed to it. */
export function createLog(file: string): CoreLog {
  mkdirSync(path.dirname(file), { recursive: true });
  // Synchronous: entries are rare, and the last one before a crash is the one that is needed.
  const stream = destination({ dest: file, append: true, sync: true });
  const logger = pino({ base: null, timestamp: stdTimeFunctions.isoTime }, stream);
  return {
    logger,
    close: () => {
      stream.flushSync();
      stream.end();
    },
  };
}
