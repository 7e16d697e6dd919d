import { spawnSync } from 'node:child_process';

import { PRODUCT_TARGET, type DesktopTarget } from './desktop-build.ts';

export type ElectronEngine = Readonly<{
  target: DesktopTarget;
  /** Its own Node cannot load the database driver: the core needs another one. */
  needsNode: boolean;
}>;

/** The database driver speaks Node-API 10, which Node has since this version. */
const DRIVER_NODE = [22, 14] as const;

/** For the preload script, a page of code: run as Node, Electron does not tell its engine for pages. */
const OLD_CHROME = 'chrome114';

const numbers = (version: string | undefined): readonly [number, number] => {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return [major, minor];
};

/** What the bundles for an Electron with these versions must be made of. */
export function engineOf(versions: Readonly<Record<string, string | undefined>>): ElectronEngine {
  const [nodeMajor, nodeMinor] = numbers(versions['node']);
  if (nodeMajor === 0) return { target: PRODUCT_TARGET, needsNode: false };
  const [wantedMajor, wantedMinor] = DRIVER_NODE;
  return {
    target: { node: `node${String(nodeMajor)}`, chrome: OLD_CHROME },
    needsNode: nodeMajor < wantedMajor || (nodeMajor === wantedMajor && nodeMinor < wantedMinor),
  };
}

/** Asks a binary for its versions; one that does not answer counts as the product's own. */
export function askEngine(binary: string): ElectronEngine {
  const { stdout } = spawnSync(binary, ['-p', 'JSON.stringify(process.versions)'], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    encoding: 'utf8',
    timeout: 30_000,
  });
  try {
    return engineOf(JSON.parse(stdout) as Record<string, string>);
  } catch {
    return engineOf({});
  }
}
