/** Gate: the pinned Electron is in its support window on the day of the run. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';
import { electronSupport } from './electron-support.ts';

const { devDependencies } = JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8')) as {
  readonly devDependencies: Readonly<Record<string, string>>;
};
const support = electronSupport(
  devDependencies['electron'] ?? 'nothing',
  new Date().toISOString().slice(0, 10),
);
process.stdout.write(`${support.reason}\n`);
process.exitCode = support.supported ? 0 : 1;
