import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createCore, type Core } from '../../../electron/core/create-core.ts';
import { createDispatcher } from '../../../electron/rpc/dispatcher.ts';
import { createTopicHub } from '../../../electron/rpc/topic-hub.ts';
import { startServer, type StudioServer } from '../../../electron/server/start-server.ts';
import { createWebSocketChannel } from '../../../electron/server/web-socket-channel.ts';
import { STUDIO_CONTRACT, type StudioContract } from '../../../electron/shared/contract/index.ts';
import type { Settings } from '../../../electron/shared/contract/methods/settings.ts';
import { createRpcClient, type RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { openSocket, signIn } from '../../contract/transports.ts';
import { testPorts } from './core-harness.ts';

type Client = RpcClient<StudioContract>;

describe('settings of a rig', () => {
  let dir: string;
  let outside: string;
  let rows: string;
  let home: string;
  let core: Core;
  let server: StudioServer;
  let cookie: string;
  const clients: Client[] = [];

  const connect = async (): Promise<Client> => {
    const client: Client = createRpcClient<StudioContract>();
    client.attach(createWebSocketChannel(await openSocket(server.port, { cookie })));
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    dir = realpathSync(mkdtempSync(path.join(tmpdir(), '设置 settings ')));
    outside = path.join(dir, 'outside');
    rows = path.join(outside, 'rows.jsonl');
    home = path.join(dir, 'home');
    mkdirSync(home);
    const pagesDir = path.join(home, 'pages');
    mkdirSync(pagesDir);
    writeFileSync(path.join(pagesDir, 'index.html'), '<!doctype html>');
    mkdirSync(outside, { recursive: true });
    writeFileSync(rows, '{"question":"q","answer":"a"}\n');
    core = await createCore(testPorts(home), { mode: 'write' });
    server = await startServer({
      port: 0,
      nowMs: core.nowMs,
      dispatcher: createDispatcher(STUDIO_CONTRACT, core.handlers, { checkOutputs: true }),
      hub: createTopicHub(core.events, core.nowMs),
      events: core.events,
      onDefect: core.onDefect,
      pagesDir,
      uploadsDir: path.join(home, 'uploads'),
      maxUploadBytes: 1000,
      grantedFolders: [home],
    });
    cookie = await signIn(server.url);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.dispose();
    await server.close();
    await core.dispose();
    rmSync(dir, { recursive: true, force: true });
  });

  const reach = (client: Client, file: string): Promise<unknown> =>
    client.call('models.add', { path: file }).then(
      () => 'reached',
      (error: unknown) => (error as { code: string }).code,
    );

  // Two windows that each believe in their own language was the fault: the last writer won, unseen.
  it('reach every page at once', async () => {
    const one = await connect();
    const other = await connect();
    const seen: Settings[] = [];
    other.subscribe('settings', ({ data }) => seen.push(data as Settings));
    await expect.poll(() => seen.length).toBe(1);
    await one.call('settings.set', { language: 'en', theme: 'dark' });
    await expect.poll(() => seen.at(-1)).toMatchObject({ language: 'en', theme: 'dark' });
  });

  // A page over the network that could add a folder would read every file of the rig.
  it('let no page over the network open further folders, whatever it sends', async () => {
    const page = await connect();
    const offers = [
      () => page.call('settings.grantFolder', { path: outside }),
      () => page.call('settings.grantFolder', { path: home }),
      () => page.call('settings.set', { grantedRoots: [outside] } as never),
      () => page.call('settings.set', { theme: 'dark', grantedRoots: ['/'] } as never),
    ];
    for (const offer of offers) await expect(offer()).rejects.toMatchObject({ code: 'server.grants_fixed' });
    expect(await page.call('settings.get', {})).toMatchObject({ grantedRoots: [], theme: 'system' });
    expect(await reach(page, rows)).toBe('server.path_refused');
  });

  it('open a folder that the machine’s own command line grants, and close it at once when it is taken back', async () => {
    const page = await connect();
    await core.handlers['settings.grantFolder']({ path: outside });
    // Past the gate: what the core says of the file itself.
    expect(await reach(page, rows)).toBe('model.folder_missing');
    expect(await page.call('settings.revokeFolder', { root: outside })).toMatchObject({ grantedRoots: [] });
    expect(await reach(page, rows)).toBe('server.path_refused');
  });

  // A granted folder that is swapped for a link to the root would grant the whole machine.
  it('do not follow a link that has taken the place of a granted folder', async () => {
    await core.handlers['settings.grantFolder']({ path: outside });
    renameSync(outside, path.join(dir, 'elsewhere'));
    symlinkSync('/', outside);
    await core.handlers['settings.set']({ theme: 'dark' });
    const page = await connect();
    expect(await reach(page, '/etc/hosts')).toBe('server.path_refused');
  });

  // A rig for confidential matters that fetches a package has told the world that it is there.
  it('let no environment be installed while the air gap is on, and name it at once', async () => {
    const page = await connect();
    await page.call('settings.set', { airGap: true });
    await expect(page.call('runtime.install', { variant: 'cpu' })).rejects.toMatchObject({
      code: 'runtime.air_gap',
    });
    await page.call('settings.set', { airGap: false });
    // The ports of this test have no environments to install: it got as far as that.
    await expect(page.call('runtime.install', { variant: 'cpu' })).rejects.toMatchObject({
      code: 'core.internal',
    });
  });

  it('refuse a folder that is not there', async () => {
    await expect(
      (async () => core.handlers['settings.grantFolder']({ path: path.join(dir, 'none') }))(),
    ).rejects.toMatchObject({ code: 'settings.no_folder' });
    await expect(
      (async () => core.handlers['settings.grantFolder']({ path: path.join(home, 'pages/index.html') }))(),
    ).rejects.toMatchObject({ code: 'settings.no_folder' });
  });
});
