/** `npm run format`: writes what `npm run check` asks of layout. */
import { developmentPython } from './dev-environment.ts';
import { nodeModule, runSteps } from './run-steps.ts';

const python = await developmentPython();
const ruff = ['-m', 'ruff'];
const config = [
  '--no-cache',
  '--config',
  'python-runtime/pyproject.toml',
  'python-runtime',
  'test/python',
  'test/helpers',
];
const results = await runSteps(
  [
    {
      name: 'prettier',
      command: process.execPath,
      args: [...nodeModule('prettier/bin/prettier.cjs'), '--write', '--log-level=warn', '.'],
    },
    { name: 'ruff', command: python, args: [...ruff, 'format', ...config] },
  ],
  2,
  process.env,
  (result) => process.stderr.write(`${result.name}\n${result.output}`),
);
process.exitCode = results.every((result) => result.exitCode === 0) ? 0 : 1;
