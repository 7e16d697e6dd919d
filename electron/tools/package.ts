/**
 * `npm run package [-- --windows] [--feed URL]`: the installers of this system, with the official Electron, which is
 * downloaded. `npm run package:dir -- --electron-dist DIR [--engine node18,chrome114] [--out DIR]`: the unpacked app
 * alone, from an Electron that is already here. LEGAL_EAGLE_ELECTRON_DIST and LEGAL_EAGLE_UPDATE_FEED stand for the
 * options of those names.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';

import { PRODUCT_TARGET, type DesktopTarget } from './desktop-build.ts';
import { repositoryRoot } from './dev-environment.ts';
import { packageApp } from './package-app.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'boolean', default: false },
    windows: { type: 'boolean', default: process.platform === 'win32' },
    'electron-dist': { type: 'string', default: process.env['LEGAL_EAGLE_ELECTRON_DIST'] ?? '' },
    engine: { type: 'string' },
    feed: { type: 'string', default: process.env['LEGAL_EAGLE_UPDATE_FEED'] ?? '' },
    out: { type: 'string', default: 'dist/package' },
  },
});

const given = (value: string): string | undefined => (value === '' ? undefined : value);

function engineOf(text: string | undefined): DesktopTarget {
  if (text === undefined) return PRODUCT_TARGET;
  const match = /^(node\d+),(chrome\d+)$/u.exec(text);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new Error('--engine is written as node18,chrome114');
  return { node: match[1], chrome: match[2] };
}

/** An update that a stranger on the network could replace is none. */
function feedOf(text: string | undefined): string | undefined {
  if (text !== undefined && new URL(text).protocol !== 'https:')
    throw new Error('the update feed must be an https address');
  return text;
}

process.env['NODE_ENV'] = 'production';
const dist = given(values['electron-dist']);
const folder = await packageApp({
  out: path.resolve(repositoryRoot, values.out),
  dirOnly: values.dir,
  platform: values.windows ? 'win32' : 'linux',
  target: engineOf(values.engine),
  electronDist: dist === undefined ? undefined : path.resolve(dist),
  feedUrl: feedOf(given(values.feed)),
});
process.stdout.write(`${JSON.stringify({ folder })}\n`);
