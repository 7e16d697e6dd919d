import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type FakeNvidiaSmi = Readonly<{
  /** A search path on which only this program is found. */
  searchPath: string;
  /** What it prints from now on, and how it ends. */
  answer: (stdout: string, exitCode?: number) => void;
  /** From now on it never ends, like one that asks a wedged driver. */
  hang: () => void;
  /** How often it was started. */
  calls: () => number;
}>;

/** A real program named `nvidia-smi` in a folder of its own. */
export const fakeNvidiaSmi = (dir: string): FakeNvidiaSmi => {
  mkdirSync(dir, { recursive: true });
  const program = path.join(dir, 'nvidia-smi');
  const log = path.join(dir, 'calls');
  const write = (body: string): void => {
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${log}'\n${body}\n`);
    chmodSync(program, 0o755);
  };
  return {
    searchPath: dir,
    answer: (stdout, exitCode = 0) => {
      const file = path.join(dir, 'answer');
      writeFileSync(file, stdout);
      write(`/bin/cat '${file}'\nexit ${String(exitCode)}`);
    },
    hang: () => write('exec /bin/sleep 600'),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0),
  };
};
