import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startCommandedHub, type CommandedHub } from '../../helpers/commanded-hub.ts';
import { failure, TEST_PYTHON, TestStudio } from '../core/core-harness.ts';
import { HUB_TOKEN, makeRelease, RUN, settled, type Client } from './released-studio.ts';

/** Who the tests' hub says that its token is. */
const OWNER = 'Shanghai_AI_Laboratory';
const ADAPTER = { part: 'adapter', run: RUN, repository: `${OWNER}/tiny-lora` } as const;

describe('a release to Hugging Face', () => {
  const studio = new TestStudio();
  let client: Client;
  let hub: CommandedHub;

  beforeAll(async () => {
    hub = await startCommandedHub(TEST_PYTHON, 'huggingface');
    client = await studio.client();
    await makeRelease(client);
  });

  afterAll(async () => {
    await studio.dispose();
    await hub.close();
    expect(studio.defects).toEqual([]);
  });

  // Would catch: words of one hub sent to the other, a repository that is open from the start or never opens.
  it('is private, listed whole, sent once, and public by its own step only', async () => {
    const { endpoint } = hub;
    const { id: account } = await client.call('accounts.put', {
      hub: 'huggingface',
      endpoint,
      agreedOrigin: endpoint,
      label: '试验',
      token: HUB_TOKEN,
    });
    expect(await client.call('accounts.verify', { account })).toMatchObject({ username: OWNER });
    const send = async (existing: 'refuse' | 'update-private') => {
      const started = await client.call('releases.start', { parts: [ADAPTER], account, existing });
      const view = await settled(client, started.releaseId);
      expect(view.parts.map(({ error }) => error)).toEqual([undefined]);
      expect(view).toMatchObject({ state: 'done', hub: 'huggingface' });
      return view;
    };
    const sent = await send('refuse');
    const first = await hub.facts();
    expect(first.private).toEqual({ [ADAPTER.repository]: true });
    expect(first.commits.length).toBe(1);
    expect(first.puts.length).toBeGreaterThan(0);
    const there = first.files[ADAPTER.repository] ?? {};
    const [part] = sent.parts;
    expect(part?.files.map((file) => file.path)).toContain('adapter_model.safetensors');
    for (const file of part?.files ?? []) expect(Object.keys(there)).toContain(file.path);
    expect((await client.call('releases.list', {})).items.map(({ id }) => id)).toEqual([sent.id]);

    await send('update-private');
    expect((await hub.facts()).puts.length).toBe(first.puts.length);

    const publish = (wish: object): Promise<unknown> =>
      client.call('releases.publish', { release: sent.id, confirmed: [ADAPTER.repository], ...wish });
    expect((await failure(publish({}))).code).toBe('release.reason_needed');
    expect((await hub.facts()).private).toEqual({ [ADAPTER.repository]: true });
    await publish({ reason: '公有领域法条' });
    const open = await settled(client, sent.id);
    expect(open.parts.map(({ error, visibility }) => [error, visibility])).toEqual([[undefined, 'public']]);
    expect((await hub.facts()).private).toEqual({ [ADAPTER.repository]: false });
  });
});
