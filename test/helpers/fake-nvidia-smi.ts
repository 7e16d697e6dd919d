import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type FakeNvidiaSmi = Readonly<{
  /** A search path on which only this program is found. */
  searchPath: string;
  /** What it prints from now on, and how it ends. */
  answer: (stdout: string, exitCode?: number) => void;
  /** What it prints when it is asked for processes; without this, what it prints otherwise. */
  answerProcesses: (stdout: string) => void;
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
  const processes = path.join(dir, 'processes');
  const write = (body: string): void => {
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${log}'\n${body}\n`);
    chmodSync(program, 0o755);
  };
  return {
    searchPath: dir,
    answer: (stdout, exitCode = 0) => {
      const file = path.join(dir, 'answer');
      writeFileSync(file, stdout);
      write(
        [
          `case "$1" in --query-compute-apps=*) if [ -f '${processes}' ]; then exec /bin/cat '${processes}'; fi;; esac`,
          `/bin/cat '${file}'`,
          `exit ${String(exitCode)}`,
        ].join('\n'),
      );
    },
    answerProcesses: (stdout) => writeFileSync(processes, stdout),
    hang: () => write('exec /bin/sleep 600'),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0),
  };
};
