import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { TEST_PYTHON } from './job-harness.ts';

const CORE = path.join(import.meta.dirname, 'core-process.ts');

export type CoreChild = Readonly<{
  /** What it said so far; see core-process.ts. */
  lines: readonly string[];
  kill: () => void;
  gone: Promise<void>;
}>;

/** Starts core-process.ts on a data folder that holds `spec.json`. */
export function startCore(
  home: string,
  runScript: string,
  lifetime: 'detached' | 'service' = 'detached',
): CoreChild {
  const child = spawn(process.execPath, [CORE, home, TEST_PYTHON, runScript, lifetime], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  return { lines, kill: () => child.kill('SIGKILL'), gone };
}
