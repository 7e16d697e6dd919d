import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DownloadView, ModelsTopicData } from '../../../electron/shared/contract/methods/models.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { startModelScope, type HubProcess } from '../../helpers/hub-process.ts';
import { failure, ROOT, TEST_PYTHON, TestStudio } from './core-harness.ts';

const TINY = path.join(ROOT, 'resources/tiny-model');
const REPOSITORY = 'law/tiny';
/** Makes thirteen megabytes take some seconds. */
const SLOW_SECONDS = 0.03;
const POLL = { timeout: 60_000, interval: 50 } as const;

type Client = RpcClient<StudioContract>;

let studio: TestStudio;
let outside: string;
let hub: HubProcess | undefined;

beforeEach(() => {
  studio = new TestStudio();
  outside = mkdtempSync(path.join(tmpdir(), 'hub '));
  cpSync(TINY, path.join(outside, REPOSITORY), { recursive: true });
});

afterEach(async () => {
  await studio.dispose();
  await hub?.close();
  hub = undefined;
  rmSync(outside, { recursive: true, force: true });
});

/** The downloads as the topic tells them, whenever they are asked for. */
function followDownloads(client: Client): () => readonly DownloadView[] {
  let downloads: readonly DownloadView[] = [];
  client.subscribe('models', ({ data }) => {
    ({ downloads } = data as ModelsTopicData);
  });
  return () => downloads;
}

const stateOf = async (client: Client, model: string): Promise<string> =>
  (await client.call('models.show', { model })).state;

describe('a download', { timeout: 120_000 }, () => {
  it('becomes a record of its repository and revision, with the digests that were checked', async () => {
    hub = await startModelScope(TEST_PYTHON, outside);
    const client = await studio.client();
    const { endpoint } = hub;
    const wish = { hub: 'modelscope', repository: REPOSITORY, endpoint } as const;
    const { modelId } = await client.call('models.download', wish);
    await expect.poll(() => stateOf(client, modelId), POLL).toBe('ready');
    // Files that the hub's listing hashes are not read a second time; the others are hashed here.
    const digests = async () => (await client.call('models.show', { model: modelId })).digests.state;
    await expect.poll(digests, POLL).toBe('whole');
    const model = await client.call('models.show', { model: modelId });
    expect(model).toMatchObject({
      name: 'tiny',
      kind: 'base',
      origin: 'downloaded',
      facts: { supported: true, architecture: 'InternLM2ForCausalLM' },
      source: { hub: 'modelscope', repository: REPOSITORY },
    });
    expect(model.source?.revision).toBeDefined();
    const weights = path.join(model.path, 'model.safetensors');
    expect(readFileSync(weights).equals(readFileSync(path.join(TINY, 'model.safetensors')))).toBe(true);
  });

  // Catches: what anybody may fetch being refused after a restart, because a token was kept for one session only.
  it('of what is public needs no account whose token is lost', async () => {
    hub = await startModelScope(TEST_PYTHON, outside);
    const { endpoint } = hub;
    const account = { hub: 'modelscope', endpoint, agreedOrigin: endpoint } as const;
    await (await studio.client()).call('accounts.put', { ...account, token: 'ms-lost-0001' });
    await studio.close();
    const client = await studio.client();
    expect((await client.call('accounts.list', {})).items.map(({ token }) => token)).toEqual(['missing']);
    const wish = { hub: 'modelscope', repository: REPOSITORY, endpoint } as const;
    const { modelId } = await client.call('models.download', wish);
    await expect.poll(() => stateOf(client, modelId), POLL).toBe('ready');
  });

  it('can be paused and gone on with in a later life; what has come is not fetched again', async () => {
    hub = await startModelScope(TEST_PYTHON, outside, SLOW_SECONDS);
    let client = await studio.client();
    let downloads = followDownloads(client);
    const { endpoint } = hub;
    const wish = { hub: 'modelscope', repository: REPOSITORY, endpoint } as const;
    const { modelId } = await client.call('models.download', wish);
    await expect.poll(() => downloads()[0]?.doneBytes ?? 0, POLL).toBeGreaterThan(0);
    expect(downloads()[0]).toMatchObject({ modelId, name: 'tiny', repository: REPOSITORY });
    expect((await failure(client.call('models.resumeDownload', { model: modelId }))).code).toBe(
      'model.downloading',
    );
    await client.call('models.pauseDownload', { model: modelId });
    await expect.poll(() => downloads()[0]?.state, POLL).toBe('paused');
    expect((await failure(client.call('chat.open', { model: modelId }))).code).toBe('model.not_ready');

    await studio.close();
    client = await studio.client();
    downloads = followDownloads(client);
    await expect.poll(() => downloads()[0]?.state, POLL).toBe('paused');
    // Asking for the same again is going on with it.
    expect((await client.call('models.download', wish)).modelId).toBe(modelId);
    await expect.poll(() => stateOf(client, modelId), POLL).toBe('ready');
    await expect.poll(() => downloads().length, POLL).toBe(0);
    expect((await client.call('models.list', {})).total).toBe(1);
  });

  it('that is cancelled leaves neither a record nor a file', async () => {
    hub = await startModelScope(TEST_PYTHON, outside, SLOW_SECONDS);
    const client = await studio.client();
    const downloads = followDownloads(client);
    const { endpoint } = hub;
    const wish = { hub: 'modelscope', repository: REPOSITORY, endpoint } as const;
    const { modelId } = await client.call('models.download', wish);
    await expect.poll(() => downloads()[0]?.doneBytes ?? 0, POLL).toBeGreaterThan(0);
    await client.call('models.cancelDownload', { model: modelId });
    expect((await client.call('models.list', {})).total).toBe(0);
    const modelsDir = path.join(studio.home, 'models');
    expect(existsSync(modelsDir) ? readdirSync(modelsDir) : []).toEqual([]);
    expect((await failure(client.call('models.cancelDownload', { model: modelId }))).code).toBe(
      'core.not_found',
    );
  });

  it('of a repository that is not there stays with its reason, to be tried again', async () => {
    hub = await startModelScope(TEST_PYTHON, outside);
    const client = await studio.client();
    const downloads = followDownloads(client);
    const { endpoint } = hub;
    const wish = { hub: 'modelscope', repository: 'law/none', endpoint } as const;
    const { modelId } = await client.call('models.download', wish);
    await expect.poll(() => downloads()[0]?.state, POLL).toBe('failed');
    expect(downloads()[0]?.error?.code).toMatch(/^hub\./u);
    cpSync(TINY, path.join(outside, 'law/none'), { recursive: true });
    await hub.close();
    hub = undefined;
    expect((await client.call('models.resumeDownload', { model: modelId })).modelId).toBe(modelId);
    await client.call('models.cancelDownload', { model: modelId });
  });

  it.each(['ftp://hub.example', 'https://me:secret@hub.example', 'http://hub.example', '   x y'])(
    'is not begun from %j',
    async (endpoint) => {
      const client = await studio.client();
      const wish = { hub: 'huggingface', repository: REPOSITORY, endpoint } as const;
      expect((await failure(client.call('models.download', wish))).code).toBe('accounts.endpoint_refused');
      expect((await client.call('models.list', {})).total).toBe(0);
    },
  );
});
