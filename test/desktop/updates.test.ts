import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { linkSync, mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { repositoryRoot } from '../helpers/studio-cli.ts';
import { linkTree } from './assemble-app.ts';
import { sharedPlace } from './shared-place.ts';
import { shell, startDisplay, XVFB } from './studio-shell.ts';

const CURRENT = '0.1.0';
const FILE = 'legal-eagle-studio-9.9.9-x86_64.AppImage';

type Outcome = Readonly<{ version?: string; error?: string }>;

/** The app's own updater in a real, packaged Electron, against a feed of this machine. No page is opened. */
describe.skipIf(shell === undefined)('fetching an update', () => {
  const folder = mkdtempSync(path.join(sharedPlace(), 'updates-'));
  const binary = path.join(folder, 'electron', 'legal-eagle-studio');
  const served = new Map<string, Buffer>();
  const asked: string[] = [];
  let feed: Server;
  let display: Awaited<ReturnType<typeof startDisplay>>;

  beforeAll(async () => {
    if (shell === undefined || XVFB === undefined) throw new Error('no Electron, or no Xvfb');
    display = await startDisplay(XVFB);
    feed = createServer((request, response) => {
      const name = (request.url ?? '/').slice(1).replace(/\?.*$/u, '');
      asked.push(name);
      const bytes = served.get(name);
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    });
    await new Promise<void>((resolve) => feed.listen(0, '127.0.0.1', resolve));
    const { port } = feed.address() as AddressInfo;
    linkTree(shell.dist, path.join(folder, 'electron'), (name) => name !== 'resources');
    // Under its own name Electron counts as packaged.
    linkSync(path.join(folder, 'electron/electron'), binary);
    unlinkSync(path.join(folder, 'electron/electron'));
    const app = path.join(folder, 'electron/resources/app');
    mkdirSync(app, { recursive: true });
    await bundleUpdater(app, shell.engine.node);
    writeFileSync(
      path.join(app, 'package.json'),
      JSON.stringify({ name: 'legal-eagle-studio', version: CURRENT, main: 'main.cjs' }),
    );
    writeFileSync(path.join(app, 'main.cjs'), MAIN);
    writeFileSync(
      path.join(folder, 'electron/resources/app-update.yml'),
      `provider: generic\nurl: http://127.0.0.1:${String(port)}\nuseMultipleRangeRequest: false\nupdaterCacheDirName: legal-eagle-studio-updater\n`,
    );
  });
  afterAll(() => {
    feed.close();
    display.process.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    served.clear();
    asked.length = 0;
    rmSync(path.join(folder, 'cache'), { recursive: true, force: true });
  });

  /** Publishes `version`; the file's bytes may be others than those that the feed names. */
  const publish = (version: string, bytes: Buffer, named = bytes): void => {
    const sha512 = createHash('sha512').update(named).digest('base64');
    served.set(FILE, bytes);
    served.set(
      'latest-linux.yml',
      Buffer.from(
        `version: ${version}\nfiles:\n  - url: ${FILE}\n    sha512: ${sha512}\n    size: ${String(named.length)}\npath: ${FILE}\nsha512: ${sha512}\nreleaseDate: '2026-01-01T00:00:00.000Z'\n`,
      ),
    );
  };

  const fetchUpdate = (): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const child = spawn(binary, ['--no-sandbox', '--disable-gpu'], {
        // Electron's words about a machine without a system bus are no news.
        stdio: ['ignore', 'pipe', 'ignore'],
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: folder,
          DISPLAY: display.name,
          XDG_CACHE_HOME: path.join(folder, 'cache'),
          // What an AppImage finds in its environment.
          APPIMAGE: path.join(folder, 'installed.AppImage'),
        },
      });
      let said = '';
      child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
      child.on('error', reject);
      child.on('exit', () => {
        const line = /^outcome (.*)$/mu.exec(said)?.[1];
        if (line === undefined) reject(new Error(`no outcome: ${said}`));
        else resolve(JSON.parse(line) as Outcome);
      });
    });

  it('downloads a newer version', async () => {
    publish('9.9.9', Buffer.alloc(300_000, 7));
    expect(await fetchUpdate()).toEqual({ version: '9.9.9' });
    expect(asked).toContain(FILE);
  });

  it('refuses a file whose bytes are not those that the feed names', async () => {
    const bytes = Buffer.alloc(300_000, 7);
    const tampered = Buffer.from(bytes);
    tampered[150_000] = 8;
    publish('9.9.9', tampered, bytes);
    const outcome = await fetchUpdate();
    expect(outcome.version).toBeUndefined();
    expect(outcome.error).toMatch(/sha512 checksum mismatch/u);
  });

  it('downloads nothing where the feed has this version, or an older one', async () => {
    for (const version of [CURRENT, '0.0.9']) {
      publish(version, Buffer.alloc(1000, 7));
      expect(await fetchUpdate()).toEqual({});
    }
    expect(asked).not.toContain(FILE);
  });
});

/** Runs in Electron. */
const MAIN = `
const { app } = require('electron');
app.disableHardwareAcceleration();
app.whenReady().then(async () => {
  let outcome;
  try {
    const { loadElectronUpdater } = require('./updater.cjs');
    const updater = await loadElectronUpdater(() => undefined);
    outcome = { version: await updater.fetch() };
  } catch (error) {
    outcome = { error: String(error && error.message) };
  }
  process.stdout.write('outcome ' + JSON.stringify(outcome) + '\\n', () => app.exit(0));
});
`;

/** The shell's own file, bundled as the shell is. */
async function bundleUpdater(outDir: string, engine: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: repositoryRoot,
    logLevel: 'warn',
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: engine,
      minify: false,
      rolldownOptions: {
        input: path.join(repositoryRoot, 'electron/main/electron-updates.ts'),
        external: /^(node:|electron$)/u,
        output: { format: 'cjs', entryFileNames: 'updater.cjs', codeSplitting: false },
      },
    },
    ssr: { noExternal: true },
  });
}
