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

const chinese = /^zh/iu.test(
  process.env['LEGAL_EAGLE_LANGUAGE'] ?? process.env['LC_ALL'] ?? process.env['LANG'] ?? '',
);
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|HTTPError|RequestError/u;

/** What stands in the way, and the way round it, for a machine that cannot download. */
const UNREACHABLE_TEXT = chinese
  ? 'package.download_failed：无法下载 Electron 或打包工具。\n' +
    '请联网，或设置 ELECTRON_MIRROR 和 ELECTRON_BUILDER_BINARIES_MIRROR 后重试；\n' +
    '若本机已有 Electron：npm run package:dir -- --electron-dist 目录'
  : 'package.download_failed: Electron or a tool that makes packages could not be downloaded.\n' +
    'Connect, or set ELECTRON_MIRROR and ELECTRON_BUILDER_BINARIES_MIRROR, and try again;\n' +
    'with an Electron that is here already: npm run package:dir -- --electron-dist DIR';

const dist = given(values['electron-dist']);
try {
  const folder = await packageApp({
    out: path.resolve(repositoryRoot, values.out),
    dirOnly: values.dir,
    platform: values.windows ? 'win32' : 'linux',
    target: engineOf(values.engine),
    electronDist: dist === undefined ? undefined : path.resolve(dist),
    feedUrl: feedOf(given(values.feed)),
  });
  process.stdout.write(`${JSON.stringify({ folder })}\n`);
} catch (error) {
  const text = String(error);
  if (!UNREACHABLE.test(text)) throw error;
  process.stderr.write(`\n${UNREACHABLE_TEXT}\n\n${text}\n`);
  // At once: the builder's own exit hook ends an idle process with 0.
  process.exit(1);
}
