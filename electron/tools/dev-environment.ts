import { homedir } from 'node:os';
import path from 'node:path';

import { runCommand } from '../core/run-command.ts';
import { fetchText } from '../core/runtime/fetch-text.ts';
import type { InstallProgress } from '../shared/contract/methods/runtime.ts';
import { RuntimeService } from '../core/runtime/runtime-service.ts';

export const repositoryRoot: string = path.resolve(import.meta.dirname, '../..');

const describe = (progress: InstallProgress): string =>
  `Python environment: ${progress.phase} ${progress.packagesDone}/${progress.packagesTotal} ` +
  `${progress.package ?? ''} ${(progress.downloadedBytes / 1e6).toFixed(1)} MB\n`;

/**
 * The interpreter with the `dev` lock (tests, gates and benchmarks), made first where it is missing.
 * `LEGAL_EAGLE_TEST_PYTHON` names another one and skips the installation.
 */
export const developmentPython = async (): Promise<string> => {
  const chosen = process.env['LEGAL_EAGLE_TEST_PYTHON'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const runtime = new RuntimeService({
    run: runCommand,
    platform: process.platform,
    env: process.env,
    homeDir: homedir(),
    pythonRuntimeDir: path.join(repositoryRoot, 'python-runtime'),
    resourcesDir: path.join(repositoryRoot, 'resources'),
    nowMs: () => Date.now(),
    fetchText,
  });
  let last = '';
  const status = await runtime.ensure({
    variant: 'dev',
    onProgress: (progress) => {
      const text = describe(progress);
      if (text !== last) process.stderr.write(text);
      last = text;
    },
  });
  return status.python;
};
