/** `npm run check`: every gate, side by side. Fails when one fails; prints a line per gate and the output of failures. */
import { availableParallelism } from 'node:os';

import { developmentPython } from './dev-environment.ts';
import { nodeModule, runSteps, type Step } from './run-steps.ts';

/** import-linter has no module entry; its command reads sys.argv. */
const LINT_IMPORTS =
  "import sys; sys.path.insert(0, 'python-runtime'); from importlinter.cli import lint_imports_command; lint_imports_command()";

const gates = (python: string): readonly Step[] => {
  const node = process.execPath;
  const py = (name: string, ...args: readonly string[]): Step => ({
    name,
    command: python,
    args: ['-m', ...args],
  });
  const js = (name: string, file: string, ...args: readonly string[]): Step => ({
    name,
    command: node,
    args: [...nodeModule(file), ...args],
  });
  return [
    js('eslint', 'eslint/bin/eslint.js', '.', '--max-warnings=0'),
    js('tsc (all)', 'typescript/bin/tsc', '-p', 'tsconfig.json'),
    js('tsc (preload)', 'typescript/bin/tsc', '-p', 'electron/preload/tsconfig.json'),
    js('tsc (renderer)', 'typescript/bin/tsc', '-p', 'renderer/tsconfig.json'),
    js('tsc (desktop tests)', 'typescript/bin/tsc', '-p', 'test/desktop/tsconfig.json'),
    js('tsc (browser tests)', 'typescript/bin/tsc', '-p', 'test/e2e/browser/tsconfig.json'),
    js('tsc (shared: no node, no DOM)', 'typescript/bin/tsc', '-p', 'electron/shared/tsconfig.json'),
    py(
      'mypy',
      'mypy',
      '--config-file',
      'python-runtime/pyproject.toml',
      'python-runtime/legal_eagle',
      'python-runtime/tools',
    ),
    js(
      'dependency-cruiser',
      'dependency-cruiser/bin/dependency-cruiser.mjs',
      'electron',
      'renderer',
      'test',
      '--config',
      '.dependency-cruiser.cjs',
    ),
    js('knip', 'knip/bin/knip.js', '--no-progress'),
    js('prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
    py(
      'ruff check',
      'ruff',
      'check',
      '--no-cache',
      '--config',
      'python-runtime/pyproject.toml',
      'python-runtime',
      'test/python',
    ),
    py(
      'ruff format',
      'ruff',
      'format',
      '--no-cache',
      '--check',
      '--config',
      'python-runtime/pyproject.toml',
      'python-runtime',
      'test/python',
    ),
    {
      name: 'import-linter',
      command: python,
      args: ['-c', LINT_IMPORTS, '--no-cache', '--no-logo', '--config', 'python-runtime/pyproject.toml'],
    },
    { name: 'protocol types', command: node, args: ['electron/tools/generate-protocol.ts', '--check'] },
    { name: 'fit table', command: node, args: ['electron/tools/fit-table.ts', '--check'] },
    { name: 'electron version', command: node, args: ['electron/tools/check-electron.ts'] },
    { name: 'words', command: node, args: ['electron/tools/check-words.ts'] },
    { name: 'bundle', command: node, args: ['electron/tools/check-bundle.ts'] },
    { name: 'repository rules', command: node, args: ['electron/tools/repository-rules.ts'] },
  ];
};

const main = async (): Promise<number> => {
  const python = await developmentPython();
  const results = await runSteps(
    gates(python),
    Math.max(2, availableParallelism()),
    process.env,
    (result) => {
      process.stderr.write(
        `${result.exitCode === 0 ? 'ok  ' : 'FAIL'} ${result.name} (${result.seconds.toFixed(1)} s)\n`,
      );
    },
  );
  const failed = results.filter((result) => result.exitCode !== 0);
  for (const result of failed) process.stderr.write(`\n── ${result.name}\n${result.output}\n`);
  process.stdout.write(
    `${String(results.length - failed.length)} gates passed, ${String(failed.length)} failed\n`,
  );
  return failed.length === 0 ? 0 : 1;
};

process.exitCode = await main();
