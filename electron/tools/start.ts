/**
 * `npm start`: the desktop app from the sources. Takes LEGAL_EAGLE_ELECTRON, else the Electron of the npm package,
 * which downloads itself on first use; where neither can be had it says so and offers the browser.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { buildDesktop } from './desktop-build.ts';
import { repositoryRoot } from './dev-environment.ts';
import { askEngine } from './electron-engine.ts';
import { buildRenderer } from './renderer-build.ts';

const PACKAGE = path.join(repositoryRoot, 'node_modules', 'electron');
const chinese = /^zh/iu.test(
  process.env['LEGAL_EAGLE_LANGUAGE'] ?? process.env['LC_ALL'] ?? process.env['LANG'] ?? '',
);

const say = (en: string, zh: string): void => {
  process.stderr.write(`${chinese ? zh : en}\n`);
};

/** The package keeps the name of its binary in a file once it has one. */
const downloaded = (): string | undefined => {
  const note = path.join(PACKAGE, 'path.txt');
  if (!existsSync(note)) return undefined;
  const binary = path.join(PACKAGE, 'dist', readFileSync(note, 'utf8').trim());
  return existsSync(binary) ? binary : undefined;
};

const given = process.env['LEGAL_EAGLE_ELECTRON'] ?? '';

const findElectron = (): string | undefined => {
  if (given !== '') return existsSync(given) ? path.resolve(given) : undefined;
  const known = downloaded();
  if (known !== undefined || !existsSync(PACKAGE)) return known;
  say('Downloading Electron (about 120 MB, once) …', '正在下载 Electron（约 120 MB，仅一次）…');
  spawnSync(process.execPath, [path.join(PACKAGE, 'install.js')], { stdio: ['ignore', 'ignore', 'ignore'] });
  return downloaded();
};

const electron = findElectron();
if (electron === undefined) {
  say(
    given === ''
      ? 'Electron was not found and could not be downloaded, so the desktop app cannot open.'
      : `LEGAL_EAGLE_ELECTRON names no file: ${given}`,
    given === ''
      ? '未找到 Electron，也无法下载，因此不能打开桌面版。'
      : `LEGAL_EAGLE_ELECTRON 指向的文件不存在：${given}`,
  );
  say(
    'Set LEGAL_EAGLE_ELECTRON to an Electron binary, or use the studio in a browser: npm run studio -- serve',
    '请将 LEGAL_EAGLE_ELECTRON 设为 Electron 可执行文件的路径，或在浏览器中使用：npm run studio -- serve',
  );
  process.exitCode = 1;
} else {
  process.env['NODE_ENV'] = 'production';
  const { target, needsNode } = askEngine(electron);
  await buildRenderer({ onlyIfStale: true });
  await buildDesktop(target);
  const child = spawn(electron, [repositoryRoot, ...process.argv.slice(2)], {
    stdio: 'inherit',
    // An Electron from before the database driver runs the core on the Node that runs this.
    env: needsNode ? { LEGAL_EAGLE_CORE_NODE: process.execPath, ...process.env } : process.env,
  });
  child.on('exit', (code) => (process.exitCode = code ?? 1));
}
