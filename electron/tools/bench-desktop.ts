/**
 * `npm run bench:desktop -- [--rounds N]`: the desktop app as a person meets it, in a real Electron with its sandbox:
 * cold start to a usable window, memory at rest (proportional set size of all its processes), and the time until a
 * run that went on without the app is followed again. Prints one JSON line with the machine's load beside it.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { repositoryRoot } from './dev-environment.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
// By address: what drives a page is written against the DOM, which these tools are not.
const file = path.join(repositoryRoot, 'test/desktop/measure-desktop.ts');
const { measureDesktop } = (await import(pathToFileURL(file).href)) as {
  measureDesktop: (rounds: number) => Promise<unknown>;
};
process.stdout.write(`${JSON.stringify(await measureDesktop(Number(values.rounds)))}\n`);
