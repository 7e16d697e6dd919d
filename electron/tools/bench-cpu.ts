/** `npm run bench:cpu -- [--json] [--rounds N] [--steps N]`: our engine against transformers Trainer + PEFT on this CPU. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { developmentPython, repositoryRoot } from './dev-environment.ts';

const python = await developmentPython();
const result = spawnSync(python, ['-m', 'legal_eagle.bench', 'cpu', ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: path.join(repositoryRoot, 'python-runtime'),
  env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' },
});
process.exitCode = result.status ?? 1;
