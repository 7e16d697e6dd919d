import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

import { redact } from '../shared/domain/redact.ts';

export type ShellLog = (message: string, facts?: Readonly<Record<string, unknown>>) => void;

const MOST_BYTES = 5_000_000;

/** The shell's own log, one JSON line an entry, in the form of the core's. One old file is kept. */
export function createShellLog(file: string, nowMs: () => number): ShellLog {
  mkdirSync(path.dirname(file), { recursive: true });
  return (message, facts = {}) => {
    const line = redact(JSON.stringify({ time: new Date(nowMs()).toISOString(), ...facts, msg: message }));
    try {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) renameSync(file, `${file}.1`);
      appendFileSync(file, `${line}\n`);
    } catch {
      // A full disk must not end the shell.
    }
  };
}
