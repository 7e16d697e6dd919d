import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { JobTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { failure, ROOT, TestStudio } from './core-harness.ts';
import {
  checkpoint,
  ended,
  evaluation,
  FIXTURE_RUN_ID,
  sample,
  step,
  writeCheckpoint,
  writeRunFolder,
} from './run-folder-fixture.ts';

type Client = RpcClient<StudioContract>;
type Kind = 'run' | 'dataset' | 'model';

const TINY = path.join(ROOT, 'resources/tiny-model');
const SCRIPT = path.join(ROOT, 'test/helpers/trash-process.ts');

let studio: TestStudio;
let outside: string;

beforeEach(() => {
  studio = new TestStudio();
  outside = mkdtempSync(path.join(tmpdir(), 'outside '));
});

afterEach(async () => {
  await studio.dispose();
  rmSync(outside, { recursive: true, force: true });
});

/** A run of two attempts, the second of which ended by a decision. */
async function adopt(client: Client): Promise<string> {
  const dir = path.join(outside, 'run');
  const manifest = writeCheckpoint(dir, 2, 1_700_000_000_003);
  writeRunFolder(dir, [
    { events: [step(1, 3), step(2, 2), evaluation(2, 2.5), checkpoint(2, manifest)] },
    {
      resumeFromStep: 2,
      events: [step(3, 1.5), sample(3, '答'), evaluation(3, 1.8), ended('stopped', 10)],
    },
  ]);
  await client.call('runs.adopt', { path: dir });
  await client.call('runs.setTags', { run: FIXTURE_RUN_ID, tags: ['留'] });
  return FIXTURE_RUN_ID;
}

async function importSample(client: Client): Promise<string> {
  const sources = [path.join(ROOT, 'resources/sample-data/rows')];
  const { jobId, datasetId } = await client.call('datasets.import', { sources });
  await new Promise<void>((resolve) => {
    client.subscribe(
      `job.${jobId}`,
      ({ data }) => {
        const frame = data as JobTopicData;
        if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve();
      },
      0,
    );
  });
  return datasetId;
}

/** Everything that the studio tells of a record. */
async function allOf(client: Client, kind: Kind, id: string): Promise<unknown> {
  switch (kind) {
    case 'run':
      return {
        detail: await client.call('runs.show', { run: id }),
        curves: await client.call('metrics.query', {
          run: id,
          keys: ['loss', 'evalLoss', 'learningRate'],
          maxPoints: 100,
        }),
        events: await client.call('runs.events', { run: id, limit: 500 }),
        checkpoints: await client.call('runs.checkpoints', { run: id }),
      };
    case 'dataset':
      return {
        detail: await client.call('datasets.show', { dataset: id }),
        rows: await client.call('datasets.rows', { dataset: id }),
      };
    case 'model':
      return client.call('models.show', { model: id });
  }
}

async function isListed(client: Client, kind: Kind): Promise<boolean> {
  const lists = { run: 'runs.list', dataset: 'datasets.list', model: 'models.list' } as const;
  return (await client.call(lists[kind], {})).total > 0;
}

async function make(client: Client, kind: Kind): Promise<string> {
  if (kind === 'run') return adopt(client);
  if (kind === 'dataset') return importSample(client);
  return (await client.call('models.add', { path: TINY, name: '小模型' })).id;
}

async function remove(client: Client, kind: Kind, id: string): Promise<string> {
  const { trashId } =
    kind === 'run'
      ? await client.call('runs.remove', { run: id })
      : kind === 'dataset'
        ? await client.call('datasets.remove', { dataset: id })
        : await client.call('models.remove', { model: id });
  return trashId ?? '';
}

const folders = { run: 'runs', dataset: 'datasets', model: 'models' } as const;
const KINDS = ['run', 'dataset', 'model'] as const;

describe('a removed record', () => {
  it.each(KINDS)('%s: comes back as it was, also in a later life of the studio', async (kind) => {
    const first = await studio.client();
    const id = await make(first, kind);
    const before = await allOf(first, kind, id);
    await remove(first, kind, id);
    expect(await isListed(first, kind)).toBe(false);
    expect(existsSync(path.join(studio.home, folders[kind], id))).toBe(false);
    await studio.close();

    const second = await studio.client();
    expect(await isListed(second, kind)).toBe(false);
    const { items, keepDays } = await second.call('storage.trash', {});
    expect(items).toMatchObject([{ kind, id }]);
    expect(keepDays).toBe(7);
    await second.call('storage.restore', { trashId: items[0]?.trashId ?? '' });
    expect(await allOf(second, kind, id)).toEqual(before);
    expect((await second.call('storage.trash', {})).items).toEqual([]);
    await studio.close();
    expect(await allOf(await studio.client(), kind, id)).toEqual(before);
    expect(studio.defects).toEqual([]);
  });

  it('cannot be given back twice, nor over one that took its place', async () => {
    const client = await studio.client();
    const run = await make(client, 'run');
    const trashId = await remove(client, 'run', run);
    await client.call('runs.adopt', { path: path.join(outside, 'run') });
    expect((await failure(client.call('storage.restore', { trashId }))).code).toBe('storage.place_taken');
    await client.call('runs.remove', { run });
    await client.call('storage.restore', { trashId });
    expect((await failure(client.call('storage.restore', { trashId }))).code).toBe('storage.not_in_trash');
  });

  it.each(['..', '../runs', 'a/b', '.', ''])('is named by nothing but its id (%s)', async (trashId) => {
    const client = await studio.client();
    await make(client, 'run');
    const code = trashId === '' ? 'core.invalid_input' : 'storage.not_in_trash';
    expect((await failure(client.call('storage.restore', { trashId }))).code).toBe(code);
    if (trashId !== '') await client.call('storage.emptyTrash', { trashIds: [trashId] });
    expect(readdirSync(path.join(studio.home, 'runs'))).toEqual([FIXTURE_RUN_ID]);
  });

  it('is deleted for good by name only, and by its age when a studio starts', async () => {
    const client = await studio.client();
    const older = await remove(client, 'model', await make(client, 'model'));
    const newer = await remove(client, 'run', await make(client, 'run'));
    expect(await client.call('storage.emptyTrash', { trashIds: [older, older] })).toEqual({
      trashIds: [older],
    });
    expect(readdirSync(path.join(studio.home, 'trash'))).toEqual([newer]);
    // What a core that died while deleting had left.
    mkdirSync(path.join(studio.home, 'trash', `${older}.emptying`, 'content'), { recursive: true });
    await studio.close();
    const day = 86_400_000;
    const after = async (days: number): Promise<readonly string[]> => {
      const clock = { nowMs: () => Date.now() + days * day, after: () => ({ dispose: () => undefined }) };
      await studio.client('write', { clock });
      await expect
        .poll(() => readdirSync(path.join(studio.home, 'trash')).some((name) => name.endsWith('.emptying')))
        .toBe(false);
      const left = readdirSync(path.join(studio.home, 'trash'));
      await studio.close();
      return left;
    };
    expect(await after(6)).toEqual([newer]);
    await studio.client('write', {
      clock: { nowMs: () => Date.now() + 8 * day, after: () => ({ dispose: () => undefined }) },
    });
    await expect.poll(() => readdirSync(path.join(studio.home, 'trash'))).toEqual([]);
  });

  it('leaves an added model’s own folder alone', async () => {
    const client = await studio.client();
    const copy = path.join(outside, 'model');
    cpSync(TINY, copy, { recursive: true });
    const { id } = await client.call('models.add', { path: copy });
    const trashId = await remove(client, 'model', id);
    await client.call('storage.emptyTrash', { trashIds: [trashId] });
    expect(readdirSync(copy).sort()).toEqual(readdirSync(TINY).sort());
  });

  it('is kept whole where its folder cannot be moved', async () => {
    const client = await studio.client();
    const run = await make(client, 'run');
    // A file in the place of the trash: nothing can be moved into it.
    writeFileSync(path.join(studio.home, 'trash'), 'no folder');
    await failure(client.call('runs.remove', { run })).catch(() => undefined);
    expect((await client.call('runs.show', { run })).step).toBe(3);
    expect(existsSync(path.join(studio.home, 'runs', run, 'run.json'))).toBe(true);
  });
});

describe('what is still needed', () => {
  it('is not removed: a run whose adapter another one, which waits, will start from', async () => {
    const client = await studio.client();
    const run = await make(client, 'run');
    const dataset = await make(client, 'dataset');
    await client.call('queue.setPaused', { paused: true });
    const recipe = { name: '续', model: TINY, dataset, lora: { continueFrom: run } };
    const { runId } = await client.call('runs.start', { recipe, queue: true, force: true });
    expect((await failure(client.call('runs.remove', { run: runId }))).code).toBe('run.waits');
    expect(await failure(client.call('runs.remove', { run }))).toMatchObject({
      code: 'run.in_use',
      params: { users: ['续'] },
    });
    await client.call('runs.stop', { run: runId });
    expect((await client.call('runs.remove', { run })).trashId).toBeDefined();
  });

  it('is not removed: a model that a chat has open', async () => {
    const client = await studio.client();
    const { id: model } = await client.call('models.add', { path: TINY });
    const { sessionId } = await client.call('chat.open', { model, device: 'cpu' });
    expect((await failure(client.call('models.remove', { model }))).code).toBe('model.in_use');
    await client.call('chat.close', { sessionId });
    await expect
      .poll(async () => (await client.call('models.remove', { model }).catch(() => undefined))?.modelId)
      .toBe(model);
  });
});

/** Kills a core before each change of a file in turn, until it comes through. */
async function killAtEveryEdge(
  act: 'remove' | 'restore',
  kind: Kind,
  id: () => Promise<string>,
  check: (edge: number) => Promise<void>,
): Promise<number> {
  for (let edge = 0; ; edge++) {
    const target = await id();
    await studio.close();
    const core = spawn(process.execPath, [SCRIPT, studio.home, act, kind, target, String(edge)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code, signal] = (await once(core, 'exit')) as [number | null, string | null];
    if (signal !== 'SIGKILL') expect(code).toBe(0);
    await check(edge);
    if (signal !== 'SIGKILL') return edge;
  }
}

describe('kill -9 at every change of a file', () => {
  it.each(KINDS)(
    '%s: removing and giving back leave it whole in one place',
    async (kind) => {
      let client = await studio.client();
      const id = await make(client, kind);
      const before = await allOf(client, kind, id);

      const inOnePlace = async (): Promise<'library' | 'trash'> => {
        client = await studio.client();
        const listed = await isListed(client, kind);
        const { items } = await client.call('storage.trash', {});
        expect({ listed, trashed: items.length }).toEqual(
          listed ? { listed: true, trashed: 0 } : { listed: false, trashed: 1 },
        );
        expect(existsSync(path.join(studio.home, folders[kind], id))).toBe(listed);
        if (listed) expect(await allOf(client, kind, id)).toEqual(before);
        return listed ? 'library' : 'trash';
      };
      const places = new Set<string>();

      const removals = await killAtEveryEdge(
        'remove',
        kind,
        () => Promise.resolve(id),
        async () => {
          const place = await inOnePlace();
          places.add(place);
          if (place === 'trash') {
            const { items } = await client.call('storage.trash', {});
            await client.call('storage.restore', { trashId: items[0]?.trashId ?? '' });
            expect(await allOf(client, kind, id)).toEqual(before);
          }
        },
      );
      const restorations = await killAtEveryEdge(
        'restore',
        kind,
        async () => {
          await studio.close();
          client = await studio.client();
          const { items } = await client.call('storage.trash', {});
          return items[0]?.trashId ?? remove(client, kind, id);
        },
        async () => void places.add(await inOnePlace()),
      );
      // Entry: folder, file, text, closing, renaming; then the folder's move. Back: folder, move, entry away.
      expect(removals).toBeGreaterThanOrEqual(6);
      expect(restorations).toBeGreaterThanOrEqual(3);
      expect([...places].sort()).toEqual(['library', 'trash']);
    },
    120_000,
  );
});
