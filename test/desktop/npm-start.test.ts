import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { engineOf } from '../../electron/tools/electron-engine.ts';
import { repositoryRoot } from '../helpers/studio-cli.ts';
import { linkTree } from './assemble-app.ts';
import { evaluateOverWire } from './page-wire.ts';
import { shellRuntime } from './shell-python.ts';
import { shell, startDisplay, XVFB } from './studio-shell.ts';

/** Nothing listens there, so a download fails at once. */
const DEAD_MIRROR = 'http://127.0.0.1:9/';
const hasOfficial = existsSync(path.join(repositoryRoot, 'node_modules/electron/dist'));

const OPENER = `
const { app } = require('electron');
const path = require('node:path');
const folder = path.resolve(process.argv[1]);
const { main, productName } = require(path.join(folder, 'package.json'));
app.setAppPath(folder);
app.setName(productName);
require(path.join(folder, main));
`;

const NOBODY = 65_534;
const DROP_RIGHTS = ['setpriv', `--reuid=${String(NOBODY)}`, `--regid=${String(NOBODY)}`, '--clear-groups'];
/** A clone in root's home is closed to everybody else, and Chromium does not start for root. */
const isReadableByAll =
  process.getuid?.() !== 0 ||
  spawnSync(DROP_RIGHTS[0] ?? '', [
    ...DROP_RIGHTS.slice(1),
    'test',
    '-r',
    path.join(repositoryRoot, 'package.json'),
  ]).status === 0;
if (!isReadableByAll)
  process.stderr.write(
    '\n*** this clone is closed to other users: `npm start` with a real window is SKIPPED ***\n\n',
  );

/** What `npm start` runs once the packages are installed. */
describe('npm start', () => {
  let home = '';
  const running = new Set<ChildProcess>();

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'npm-start-'));
  });
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  const start = (
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
  ): Readonly<{ said: () => string; ended: Promise<number | null> }> => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'electron/tools/start.ts', ...args],
      { cwd: repositoryRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    running.add(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    void ended.then(() => running.delete(child));
    return { said: () => said, ended };
  };

  /**
   * A downloaded Electron opens the app that it is given; the stand-in is one of a packaged app, and lacks the small
   * program that does so. Returns its binary with one in place.
   */
  const openerOf = (dist: string): string => {
    const folder = path.join(home, 'electron');
    linkTree(dist, folder, () => true);
    const app = path.join(folder, 'resources/app');
    mkdirSync(app, { recursive: true });
    writeFileSync(path.join(app, 'package.json'), JSON.stringify({ main: 'open.cjs' }));
    writeFileSync(path.join(app, 'open.cjs'), OPENER);
    return path.join(folder, 'electron');
  };

  /** Chromium does not start for root; what is started in its place drops root's rights first. */
  const unprivileged = (binary: string): string => {
    if (process.getuid?.() !== 0) return binary;
    const file = path.join(home, 'start-electron');
    writeFileSync(file, `#!/bin/sh\nexec ${DROP_RIGHTS.join(' ')} '${binary}' "$@"\n`, { mode: 0o755 });
    chmodSync(home, 0o755);
    mkdirSync(path.join(home, 'data'));
    chownSync(path.join(home, 'data'), NOBODY, NOBODY);
    return file;
  };

  it.each([
    ['en_US.UTF-8', 'npm run studio -- serve', 'LEGAL_EAGLE_ELECTRON names no file'],
    ['zh_CN.UTF-8', 'npm run studio -- serve', 'LEGAL_EAGLE_ELECTRON 指向的文件不存在'],
  ])('says in %s which file is missing, and offers the browser', async (language, offer, sentence) => {
    const { said, ended } = start({
      LEGAL_EAGLE_ELECTRON: path.join(home, 'no-electron'),
      LEGAL_EAGLE_LANGUAGE: language,
    });
    expect(await ended).toBe(1);
    expect(said()).toContain(sentence);
    expect(said()).toContain(offer);
  });

  it.skipIf(hasOfficial)(
    'offers the browser where Electron can be neither found nor downloaded',
    async () => {
      const { said, ended } = start({
        LEGAL_EAGLE_ELECTRON: '',
        LEGAL_EAGLE_LANGUAGE: 'en',
        ELECTRON_MIRROR: DEAD_MIRROR,
        npm_config_electron_mirror: DEAD_MIRROR,
      });
      expect(await ended).toBe(1);
      expect(said()).toContain('Electron was not found and could not be downloaded');
      expect(said()).toContain('npm run studio -- serve');
    },
  );

  it('builds for the engine that it was given', () => {
    expect(engineOf({ node: '18.15.0' })).toEqual({
      target: { node: 'node18', chrome: 'chrome114' },
      needsNode: true,
    });
    // One minor version short of the driver's, and that version itself.
    expect(engineOf({ node: '22.13.1' }).needsNode).toBe(true);
    expect(engineOf({ node: '22.14.0' }).needsNode).toBe(false);
    expect(engineOf({})).toEqual({ target: { node: 'node24', chrome: 'chrome146' }, needsNode: false });
  });

  it.skipIf(shell === undefined || XVFB === undefined || !isReadableByAll)(
    'opens the studio with a given Electron',
    async () => {
      if (shell === undefined || XVFB === undefined) return;
      const display = await startDisplay(XVFB);
      try {
        const { said, ended } = start(
          {
            LEGAL_EAGLE_ELECTRON: unprivileged(
              shell.kind === 'stand-in' ? openerOf(shell.dist) : path.join(shell.dist, 'electron'),
            ),
            LEGAL_EAGLE_HOME: path.join(home, 'data'),
            HOME: path.join(home, 'data'),
            LEGAL_EAGLE_RUNTIME: await shellRuntime(),
            LEGAL_EAGLE_VARIANT: 'cpu',
            DISPLAY: display.name,
          },
          ['--remote-debugging-port=0'],
        );
        const port = (): number => Number(/DevTools listening on ws:\/\/[^/]+:(\d+)/u.exec(said())?.[1]);
        await expect.poll(port).toBeGreaterThan(0);
        const text = (): Promise<unknown> =>
          evaluateOverWire(port(), '`${location.href} ${document.body.innerText}`');
        await expect.poll(text).toMatch(/^app:\/\/studio\/[^]*Connected/u);
        await expect.poll(text).toContain(home);
        await evaluateOverWire(port(), 'window.close()');
        expect(await ended).toBe(0);
      } finally {
        display.process.kill();
      }
    },
  );
});
