import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { rebuildDatabase } from '../../../electron/core/rebuild-database.ts';
import type { QueueTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { RunState } from '../../../electron/shared/domain/run-state.ts';
import { failure, importSampleRows, ROOT, TestStudio, testPorts } from './core-harness.ts';

type Client = RpcClient<StudioContract>;

const STEPS = 3;
const SERVED = { startsQueue: true };

let studio: TestStudio;
let dataset: string;

const recipeOf = (name: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  model: path.join(ROOT, 'resources/tiny-model'),
  dataset,
  maxSteps: STEPS,
  cutoffLength: 64,
  batch: { microBatch: 1, gradientAccumulation: 1 },
  lora: { rank: 2, targets: 'attention' },
  evaluation: { everySteps: 0, maxRows: 2 },
  checkpoints: { everySteps: 0 },
  hardware: { device: 'cpu', cpuThreads: 1 },
  ...changes,
});

const enqueue = async (
  client: Client,
  name: string,
  changes: Record<string, unknown> = {},
): Promise<string> =>
  (await client.call('runs.start', { recipe: recipeOf(name, changes), queue: true })).runId;

/** Resolves when the run is in one of the states. */
const until = (client: Client, runId: string, ...states: readonly RunState[]): Promise<RunDetail> =>
  new Promise((resolve, reject) => {
    const look = (): void => {
      client.call('runs.show', { run: runId }).then((run) => {
        if (!states.includes(run.state)) return;
        subscription.dispose();
        resolve(run);
      }, reject);
    };
    const subscription = client.subscribe('runs', look);
  });

const namesIn = async (client: Client): Promise<string[]> =>
  (await client.call('queue.list', {})).items.map((item) => item.run.name);

beforeEach(async () => {
  studio = new TestStudio();
  dataset = await importSampleRows(await studio.client());
  await studio.close();
});

afterEach(() => studio.dispose());

describe('the queue', () => {
  it('starts what waits one after another, in the order a person gave it', async () => {
    const client = await studio.client('write', {}, SERVED);
    const seen: string[][] = [];
    client.subscribe('queue', ({ data }) => {
      seen.push((data as QueueTopicData).items.map((item) => item.run.name));
    });
    const { runId: first } = await client.call('runs.start', { recipe: recipeOf('先行', { maxSteps: 40 }) });
    const ids = { 甲: '', 乙: '', 丙: '' };
    for (const name of ['甲', '乙', '丙'] as const) ids[name] = await enqueue(client, name);
    expect((await client.call('runs.show', { run: ids.甲 })).state).toBe('queued');
    await client.call('queue.move', { run: ids.丙, before: ids.甲 });
    await client.call('queue.move', { run: ids.甲, before: null });
    expect(await namesIn(client)).toEqual(['丙', '乙', '甲']);
    const ended = await Promise.all(
      [first, ids.丙, ids.乙, ids.甲].map((id) => until(client, id, 'done', 'failed', 'interrupted')),
    );
    expect(ended.map((run) => [run.state, run.attempts, run.step])).toEqual([
      ['done', 1, 40],
      ...Array.from({ length: 3 }, () => ['done', 1, STEPS]),
    ]);
    // Two that compute at once would share the memory that the preflight gave to one.
    ended.slice(1).forEach((run, at) => {
      expect(run.startedAtMs).toBeGreaterThanOrEqual(ended[at]?.endedAtMs ?? Infinity);
    });
    expect(seen.at(-1)).toEqual([]);
  });

  it('waits for a face that stays: a single command neither starts nor forgets what it queued', async () => {
    const command = await studio.client();
    const runId = await enqueue(command, '排队');
    expect((await command.call('queue.list', {})).starts).toBe(false);
    await studio.close();
    const reader = await studio.client('read');
    expect(await namesIn(reader)).toEqual(['排队']);
    await studio.close();
    const served = await studio.client('write', {}, SERVED);
    expect(await until(served, runId, 'done', 'failed')).toMatchObject({ state: 'done', attempts: 1 });
  });

  it('starts nothing while it is paused, and remembers that over a restart', async () => {
    const client = await studio.client('write', {}, SERVED);
    await client.call('queue.setPaused', { paused: true });
    const runId = await enqueue(client, '等一等');
    await studio.close();
    const again = await studio.client('write', {}, SERVED);
    expect(await again.call('queue.list', {})).toMatchObject({ paused: true, starts: true });
    expect((await again.call('runs.show', { run: runId })).state).toBe('queued');
    await again.call('queue.setPaused', { paused: false });
    expect((await until(again, runId, 'done', 'failed')).state).toBe('done');
  });

  it('marks a run that can no longer start as failed with the reason, and goes on with the next', async () => {
    const command = await studio.client();
    const { path: file } = await command.call('datasets.show', { dataset });
    const lost = path.join(path.dirname(file), '副本.sqlite');
    writeFileSync(lost, readFileSync(file));
    const first = await enqueue(command, '数据没了', { dataset: lost });
    const second = await enqueue(command, '还在');
    renameSync(lost, `${lost}.away`);
    await studio.close();
    const client = await studio.client('write', {}, SERVED);
    expect((await until(client, second, 'done', 'failed')).state).toBe('done');
    const failed = await client.call('runs.show', { run: first });
    expect(failed).toMatchObject({ state: 'failed', attempts: 0 });
    expect(failed.error?.code).toBe('recipe.dataset_not_found');
    // Nothing is lost: with the file back, the same run goes.
    renameSync(`${lost}.away`, lost);
    await client.call('queue.add', { run: first });
    expect((await until(client, first, 'done')).attempts).toBe(1);
  });

  it('pauses itself where the machine cannot run anything, and keeps every run', async () => {
    const missing = new StudioError('runtime.not_installed', { variant: 'cpu' });
    const runtime = { ...testPorts(studio.home).runtime, pythonPath: () => Promise.reject(missing) };
    const client = await studio.client('write', { runtime }, SERVED);
    await client.call('queue.setPaused', { paused: true });
    for (const name of ['甲', '乙']) await enqueue(client, name);
    await client.call('queue.setPaused', { paused: false });
    await expect.poll(async () => (await client.call('queue.list', {})).paused).toBe(true);
    const view = await client.call('queue.list', {});
    expect(view.pausedBy?.code).toBe('runtime.not_installed');
    expect(view.items.map((item) => item.run.state)).toEqual(['queued', 'queued']);
  });

  it('gives a run up as stopped, and takes it back to its place', async () => {
    const client = await studio.client();
    const ids = [];
    for (const name of ['甲', '乙', '丙']) ids.push(await enqueue(client, name));
    const [, second = '', third = ''] = ids;
    expect((await client.call('runs.stop', { run: second })).state).toBe('stopped');
    expect(await namesIn(client)).toEqual(['甲', '丙']);
    await client.call('queue.add', { run: second, before: third });
    expect(await namesIn(client)).toEqual(['甲', '乙', '丙']);
    expect((await failure(client.call('queue.add', { run: second }))).code).toBe('queue.already_queued');
  });

  it('refuses a move whose order is gone: a page that is behind must not overwrite another', async () => {
    const client = await studio.client();
    const first = await enqueue(client, '甲');
    const second = await enqueue(client, '乙');
    await client.call('runs.stop', { run: first });
    expect((await failure(client.call('queue.move', { run: second, before: first }))).code).toBe(
      'queue.changed',
    );
    expect((await failure(client.call('queue.move', { run: first, before: null }))).code).toBe(
      'queue.not_queued',
    );
  });

  it('keeps order and waiting runs when the database is made anew from the folders', async () => {
    const client = await studio.client();
    const ids = [];
    for (const name of ['甲', '乙', '丙']) ids.push(await enqueue(client, name));
    await client.call('queue.move', { run: ids[2] ?? '', before: ids[0] ?? '' });
    await client.call('runs.stop', { run: ids[1] ?? '' });
    await studio.close();
    expect((await rebuildDatabase(testPorts(studio.home))).skipped).toEqual([]);
    const again = await studio.client();
    expect(await namesIn(again)).toEqual(['丙', '甲']);
    expect((await again.call('runs.show', { run: ids[1] ?? '' })).state).toBe('stopped');
  });

  it('finds the runs that wait where its file was lost or damaged, and starts none unasked', async () => {
    const client = await studio.client();
    await enqueue(client, '甲');
    await studio.close();
    writeFileSync(path.join(studio.home, 'queue.json'), '{"version":1,"entr');
    const again = await studio.client('write', {}, SERVED);
    expect(await again.call('queue.list', {})).toMatchObject({
      paused: true,
      items: [{ run: { name: '甲' } }],
    });
    expect(existsSync(path.join(studio.home, 'queue.json.damaged'))).toBe(true);
  });

  it('keeps the dataset of a run that waits from being removed', async () => {
    const client = await studio.client();
    await enqueue(client, '甲');
    expect((await failure(client.call('datasets.remove', { dataset }))).code).toBe('dataset.in_use');
  });
});

describe('kill -9 between a run’s turn and its first report', () => {
  it.each([
    { moment: 'checked', attempts: 1 },
    { moment: 'stored', attempts: 2 },
    { moment: 'spawned', attempts: 1 },
  ])('$moment: the run is trained once, and the next one after it', async ({ moment, attempts }) => {
    const command = await studio.client();
    const first = await enqueue(command, '第一');
    const second = await enqueue(command, '第二');
    await studio.close();
    const script = path.join(ROOT, 'test/helpers/queue-process.ts');
    const core = spawn(process.execPath, [script, studio.home, moment], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [, signal] = (await once(core, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const client = await studio.client('write', {}, SERVED);
    const run = await until(client, first, 'done', 'failed');
    expect(run).toMatchObject({ state: 'done', attempts, step: STEPS });
    expect((await until(client, second, 'done', 'failed')).state).toBe('done');
    // Every process that began wrote its first step into an attempt's file; only one may have.
    const began = readdirSync(path.join(run.dir, 'attempts')).filter((number) => {
      const file = path.join(run.dir, 'attempts', number, 'events.ndjson');
      return existsSync(file) && readFileSync(file, 'utf8').includes('"type":"step"');
    });
    expect(began.length).toBe(1);
  });
});
