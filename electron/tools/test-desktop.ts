/** `npm run test:desktop`: the suite that drives the real shell, alone. */
import { nodeModule, runStep } from './run-steps.ts';
import { developmentPython } from './dev-environment.ts';

const python = await developmentPython();
const result = await runStep(
  {
    name: 'desktop',
    command: process.execPath,
    args: [...nodeModule('vitest/vitest.mjs'), 'run', 'test/desktop', ...process.argv.slice(2)],
  },
  { ...process.env, LEGAL_EAGLE_TEST_PYTHON: python },
  true,
);
process.exitCode = result.exitCode;
