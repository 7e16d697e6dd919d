import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ReleaseView } from '../../../electron/shared/contract/methods/releases.ts';
import { startCommandedHub, type CommandedHub, type HubFacts } from '../../helpers/commanded-hub.ts';
import { forkCore, type ForkedCore } from '../../helpers/forked-core.ts';
import { TEST_PYTHON, TestStudio } from '../core/core-harness.ts';
import {
  addAccount,
  HUB_OWNER,
  HUB_TOKEN,
  makeRelease,
  MERGED,
  RUN,
  settled,
  until,
  type Client,
} from './released-studio.ts';

const ADAPTER = { part: 'adapter', run: RUN, repository: `${HUB_OWNER}/crash-lora` } as const;
const WHOLE = { part: 'merged', model: MERGED, repository: `${HUB_OWNER}/crash` } as const;
/** Many files: what is on its way at a cut may still arrive whole from the system's buffers. */
const SHARD_BYTES = 400_000;
/** More than all of the adapter, and far less than all of the model. */
const FIRST_CUT_BYTES = 1_500_000;
const NEXT_CUT_BYTES = 100_000;
/** A pause before each 64 KiB, so that what is left takes longer than to stop. */
const SLOW_SECONDS = 0.1;
const CONNECTIONS = 2;

describe('a release that is cut', () => {
  const studio = new TestStudio();
  const temporary = mkdtempSync(path.join(tmpdir(), 'cut '));
  let hub: CommandedHub;
  let core: ForkedCore;
  let client: Client;
  let account: string;
  let releaseId: string;

  const received = (bytes: number): Promise<HubFacts> =>
    until(hub.facts, ({ receivedBytes }) => receivedBytes >= bytes);
  const send = async (existing: 'refuse' | 'update-private'): Promise<void> => {
    ({ releaseId } = await client.call('releases.start', { parts: [ADAPTER, WHOLE], account, existing }));
  };
  const state = (): Promise<ReleaseView> => client.call('releases.get', { release: releaseId });
  const reopen = async (): Promise<void> => {
    core = await forkCore(studio.home, temporary);
    client = core.client;
  };
  beforeAll(async () => {
    hub = await startCommandedHub(TEST_PYTHON, 'modelscope');
    await makeRelease(await studio.client(), { maxShardBytes: SHARD_BYTES });
    await studio.close();
    await reopen();
    account = await addAccount(client, hub.endpoint);
  });

  afterAll(async () => {
    await core.close();
    await studio.dispose();
    await hub.close();
    rmSync(temporary, { recursive: true, force: true });
    expect(studio.defects).toEqual([]);
  });

  // Would catch: an upload that outlives its core, a release nobody can take up again, shards that go twice, half a
  // release committed, a repository opened on the way.
  it('by kill -9 of the core is taken up by the next one and sends no file again that had arrived', async () => {
    await hub.tell({ do: 'stop_at', received: FIRST_CUT_BYTES });
    await send('refuse');
    await received(FIRST_CUT_BYTES);
    expect((await state()).parts.map((part) => part.state)).toEqual(['done', 'running']);
    await core.kill();
    await hub.tell({ do: 'go_on' });
    await reopen();
    // Nobody goes on without being asked, and the job of the core that is gone is gone too.
    const found = await settled(client, releaseId);
    expect(found.parts.map((part) => part.state)).toEqual(['done', 'paused']);
    const cut = await hub.facts();
    expect(cut.commits.length).toBe(1);
    expect(cut.private).toEqual({ [ADAPTER.repository]: true, [WHOLE.repository]: true });

    // Its token was kept for one session only; a person gives it again.
    await client.call('accounts.put', { account, token: HUB_TOKEN });
    await hub.tell({ do: 'slow', seconds: SLOW_SECONDS });
    const secondCut = cut.receivedBytes + NEXT_CUT_BYTES;
    await hub.tell({ do: 'stop_at', received: secondCut });
    await client.call('releases.resume', { release: releaseId });
    await received(secondCut);
    const pausing = client.call('releases.pause', { release: releaseId });
    await until(state, (seen) => seen.state === 'stopping');
    await hub.tell({ do: 'go_on' });
    await pausing;
    expect((await state()).parts.map((part) => part.state)).toEqual(['done', 'paused']);
    const paused = await hub.facts();
    expect(paused.commits.length).toBe(1);

    await hub.tell({ do: 'slow', seconds: 0 });
    await client.call('releases.resume', { release: releaseId });
    const done = await settled(client, releaseId);
    expect(done.parts.map((part) => part.error)).toEqual([undefined, undefined]);
    expect(done.state).toBe('done');

    const end = await hub.facts();
    expect(end.commits.length).toBe(2);
    expect(end.private).toEqual({ [ADAPTER.repository]: true, [WHOLE.repository]: true });
    await hub.tell({ do: 'check' });
    // Each cut was a cut: something was there, something was missing.
    for (const { kept } of [cut, paused]) {
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.length).toBeLessThan(end.kept.length);
      expect(end.kept).toEqual(expect.arrayContaining([...kept]));
    }
    for (const at of [cut, paused]) {
      const later = end.puts.slice(at.puts.length).map((put) => path.posix.basename(put));
      expect(later.filter((sha256) => at.kept.includes(sha256))).toEqual([]);
    }
    // What was on the lines at each of the two cuts, and nothing else, went again.
    expect(end.puts.length).toBeLessThanOrEqual(end.kept.length + 2 * CONNECTIONS);
    for (const part of done.parts) {
      const there = end.files[part.repository] ?? {};
      for (const file of part.files) expect(there[file.path]).toBeDefined();
    }
  });

  it('sends nothing at all the second time', async () => {
    const before = await hub.facts();
    await send('update-private');
    const again = await settled(client, releaseId);
    expect(again.parts.map((part) => part.error)).toEqual([undefined, undefined]);
    expect(again.state).toBe('done');
    const after = await hub.facts();
    expect(after.puts.length).toBe(before.puts.length);
    expect(after.receivedBytes).toBe(before.receivedBytes);
    expect(after.withToken).toBeGreaterThan(before.withToken);
    await hub.tell({ do: 'check' });
  });
});
