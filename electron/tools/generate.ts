/** `npm run generate`: everything in the repository that is made from something else in it. */
import { repositoryRoot } from './dev-environment.ts';
import { runStep, type Step } from './run-steps.ts';

const STEPS: readonly Step[] = ['generate-protocol.ts', 'fit-table.ts'].map((file) => ({
  name: file,
  command: process.execPath,
  args: [`${repositoryRoot}/electron/tools/${file}`],
}));

for (const step of STEPS) {
  const { exitCode } = await runStep(step, process.env, true);
  if (exitCode !== 0) process.exitCode = exitCode;
}
