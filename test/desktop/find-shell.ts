import { existsSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from '../helpers/studio-cli.ts';
import { standInElectron } from './stand-in-electron.ts';

export type ShellSource = Readonly<{
  kind: 'given' | 'official' | 'stand-in';
  /** Unpacked Electron: its binary is `electron` in it. */
  dist: string;
  /** Engines that the bundles must be built for. */
  engine: Readonly<{ node: string; chrome: string }>;
  /** The shell's own Node cannot load the database driver. */
  needsNode: boolean;
}>;

const PRODUCT = { node: 'node24', chrome: 'chrome146' } as const;
const STAND_IN = { node: 'node18', chrome: 'chrome114' } as const;

/** The official Electron where it is, else the stand-in; undefined where neither can be had. */
export function findShell(): ShellSource | undefined {
  const given = process.env['LEGAL_EAGLE_ELECTRON'];
  if (given !== undefined && given !== '')
    return { kind: 'given', dist: path.dirname(given), engine: PRODUCT, needsNode: false };
  const official = path.join(repositoryRoot, 'node_modules/electron/dist');
  if (existsSync(path.join(official, 'electron')))
    return { kind: 'official', dist: official, engine: PRODUCT, needsNode: false };
  const standIn = standInElectron();
  return standIn === undefined
    ? undefined
    : { kind: 'stand-in', dist: standIn, engine: STAND_IN, needsNode: true };
}
