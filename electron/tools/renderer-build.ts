import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';

const INPUTS = [
  'renderer/**/*',
  'electron/shared/**/*.ts',
  'electron/tools/renderer-build.ts',
  'vite.config.ts',
  'package-lock.json',
];
const PAGE = path.join(repositoryRoot, 'dist', 'renderer', 'index.html');
const STAMP = path.join(repositoryRoot, 'dist', 'renderer.inputs');

/** A digest over everything the bundle is made of. */
const inputsDigest = (): string => {
  const digest = createHash('sha256');
  for (const file of globSync(INPUTS, { cwd: repositoryRoot, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()) {
    digest.update(`${path.relative(repositoryRoot, file)}\0`).update(readFileSync(file));
  }
  return digest.digest('hex');
};

/** Builds dist/renderer; with `onlyIfStale` only where a source has changed since. */
export async function buildRenderer(options: { readonly onlyIfStale: boolean }): Promise<'built' | 'fresh'> {
  const inputs = inputsDigest();
  const fresh = existsSync(PAGE) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs;
  if (options.onlyIfStale && fresh) return 'fresh';
  const { build } = await import('vite');
  const environment = process.env['NODE_ENV'];
  // Under a test runner it says `test`, and the pages would carry the libraries' development code.
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ configFile: path.join(repositoryRoot, 'vite.config.ts'), logLevel: 'warn' });
  } finally {
    if (environment === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = environment;
  }
  writeFileSync(STAMP, inputs);
  return 'built';
}
