import { afterEach, describe, expect, it } from 'vitest';

import { createCore, type Core } from '../../../electron/core/create-core.ts';
import { createRpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { createDispatcher } from '../../../electron/rpc/dispatcher.ts';
import { createTopicHub } from '../../../electron/rpc/topic-hub.ts';
import { createServer, type StudioServer } from '../../../electron/server/create-server.ts';
import { createWebSocketChannel } from '../../../electron/server/web-socket-channel.ts';
import { STUDIO_CONTRACT, type StudioContract } from '../../../electron/shared/contract/index.ts';
import { openSocket, signIn } from '../../contract/transports.ts';
import { ROOT, TestStudio, testPorts } from './core-harness.ts';

describe('the core behind the server', () => {
  const studio = new TestStudio();
  let core: Core | undefined;
  let server: StudioServer | undefined;

  afterEach(async () => {
    await server?.close();
    await core?.dispose();
    await studio.dispose();
  });

  it('answers a browser as it answers the command line', async () => {
    core = await createCore(testPorts(studio.home), { mode: 'write' });
    server = await createServer({
      port: 0,
      nowMs: core.nowMs,
      dispatcher: createDispatcher(STUDIO_CONTRACT, core.handlers, { checkOutputs: true }),
      hub: createTopicHub(core.events, core.nowMs),
      onDefect: core.onDefect,
    });
    const client = createRpcClient<StudioContract>();
    const cookie = await signIn(server.url);
    client.attach(createWebSocketChannel(await openSocket(server.port, { cookie })));
    expect(await client.call('app.info', {})).toMatchObject({ dataFolder: studio.home, readOnly: false });
    const model = await client.call('models.add', { path: `${ROOT}/resources/tiny-model`, name: '小模型' });
    // Its digests are counted meanwhile, so only what stays is compared.
    const { id, path: folder, facts } = model;
    expect(await client.call('models.show', { model: '小模型' })).toMatchObject({ id, path: folder, facts });
    const first = await new Promise((resolve) => {
      client.subscribe('runs', ({ data }) => resolve(data));
    });
    expect(first).toEqual({ kind: 'snapshot', live: [] });
    client.dispose();
  });
});
