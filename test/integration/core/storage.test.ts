import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { StorageTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { CleanUpProposal } from '../../../electron/shared/contract/methods/storage.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { createEnvironmentStore } from '../../../electron/core/runtime/environment-store.ts';
import { rebuildDatabase } from '../../../electron/core/rebuild-database.ts';
import { ROOT, TestStudio, testPorts } from './core-harness.ts';
import {
  checkpoint,
  ended,
  FIXTURE_RUN_ID,
  step,
  writeCheckpoint,
  writeRunFolder,
} from './run-folder-fixture.ts';

type Client = RpcClient<StudioContract>;

const TINY = path.join(ROOT, 'resources/tiny-model');
const MANY_FILES = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 100_000 : 10_000;

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

/** What the system's own tool says a folder takes, hard links once. */
const diskUse = (...folders: readonly string[]): number =>
  execFileSync('du', ['-s', '-B1', '-c', ...folders], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
    .map((line) => Number(line.split('\t')[0]))
    .at(-1) ?? 0;

async function count(client: Client): Promise<NonNullable<StorageTopicData['usage']>> {
  await client.call('storage.count', {});
  await expect
    .poll(async () => (await client.call('storage.usage', {})).isCounting, { timeout: 30_000 })
    .toBe(false);
  const { usage, error } = await client.call('storage.usage', {});
  expect(error).toBeUndefined();
  if (usage === undefined) throw new Error('nothing was counted');
  return usage;
}

const place = (...parts: readonly string[]): string => path.join(studio.home, ...parts);
const checkpointNames = (): readonly string[] =>
  readdirSync(place('runs', FIXTURE_RUN_ID, 'checkpoints')).sort();

/** A run that was stopped after step 8, with a checkpoint at every second step; the one of step 4 was the best. */
async function adopt(client: Client): Promise<void> {
  const dir = path.join(outside, 'run');
  const events = [2, 4, 6, 8].flatMap((at) => {
    const manifest = writeCheckpoint(dir, at, 1_700_000_000_000 + at);
    const [type, data] = checkpoint(at, manifest);
    return [step(at - 1, 2), step(at, 2), [type, { ...data, best: at === 4 }] as const];
  });
  writeRunFolder(dir, [{ events: [...events, ended('stopped', 10)] }]);
  writeFileSync(path.join(dir, 'checkpoints/step-00000002/optimizer.bin'), Buffer.alloc(300_000, 1));
  await client.call('runs.adopt', { path: dir });
}

async function proposalsOf(client: Client, kind: CleanUpProposal['kind']): Promise<CleanUpProposal[]> {
  const { items } = await client.call('storage.proposals', {});
  return items.filter((item) => item.kind === kind);
}

async function cleanUp(
  client: Client,
  proposals: readonly CleanUpProposal[],
): Promise<Readonly<{ freedBytes: number; refused: readonly string[] }>> {
  const { freedBytes, refused } = await client.call('storage.cleanUp', {
    items: proposals.map(({ key, mark }) => ({ key, mark })),
  });
  return { freedBytes, refused: refused.map((one) => one.error.code) };
}

describe('disk use', () => {
  it('adds up to what the system counts: every group, hard links once, links not followed', async () => {
    const client = await studio.client();
    await adopt(client);
    await client.call('models.add', { path: TINY });
    const run = place('runs', FIXTURE_RUN_ID);
    writeFileSync(path.join(run, 'big.bin'), Buffer.alloc(123_457, 7));
    linkSync(path.join(run, 'big.bin'), path.join(run, 'again.bin'));
    mkdirSync(place('datasets', 'NOBODYS'), { recursive: true });
    linkSync(path.join(run, 'big.bin'), place('datasets', 'NOBODYS', 'third.bin'));
    symlinkSync('/usr', path.join(run, 'link'));
    mkdirSync(place('cache', 'tokens'), { recursive: true });
    writeFileSync(place('cache', 'tokens', 'a.bin'), Buffer.alloc(5000));
    const usage = await count(client);
    const bytesOf = (group: string): number =>
      usage.groups.find((one) => one.group === group)?.bytes ?? Number.NaN;
    expect(bytesOf('runs')).toBe(diskUse(run));
    expect(bytesOf('cache')).toBe(diskUse(place('cache', 'tokens')));
    expect(usage.totalBytes).toBe(diskUse(studio.home));
    const [item] = (await client.call('storage.items', { group: 'runs' })).items;
    expect(item?.parts?.checkpoints).toBe(diskUse(path.join(run, 'checkpoints')));
    // A folder of a person's own is shown beside ours, and is in no sum.
    const models = (await client.call('storage.items', { group: 'models' })).items;
    expect(models.find((one) => !one.isOurs)).toMatchObject({ path: TINY, bytes: diskUse(TINY) });
    expect(bytesOf('models')).toBe(0);
  });

  it(`of ${String(MANY_FILES)} files in one folder leaves the core answering, and can be cancelled`, async () => {
    const client = await studio.client();
    const many = place('jobs', 'NOBODYS');
    mkdirSync(many, { recursive: true });
    for (let at = 0; at < MANY_FILES; at++) writeFileSync(path.join(many, String(at)), '');
    await client.call('storage.count', {});
    let answered = 0;
    let progress = 0;
    for (;;) {
      const view = await client.call('storage.usage', {});
      if (!view.isCounting) break;
      progress = Math.max(progress, view.progress?.files ?? 0);
      answered += 1;
      await turn();
    }
    // A count that held the core would have been over at the second question.
    expect(answered).toBeGreaterThan(MANY_FILES / 100);
    expect(progress).toBeGreaterThan(0);
    const first = (await client.call('storage.usage', {})).usage;
    await client.call('storage.count', {});
    const cancelled = await client.call('storage.cancelCount', {});
    expect(cancelled.isCounting).toBe(false);
    expect(cancelled.usage).toEqual(first);
  }, 60_000);
});

describe('clean-up', () => {
  it('frees the bytes that it showed: old checkpoints go, the last and the best stay', async () => {
    const client = await studio.client();
    await adopt(client);
    await count(client);
    const proposals = await proposalsOf(client, 'checkpoints');
    expect(proposals).toMatchObject([{ steps: [2, 6], count: 2 }]);
    mkdirSync(place('trash'), { recursive: true });
    const before = diskUse(place('runs'), place('trash'));
    const { freedBytes, refused } = await cleanUp(client, proposals);
    expect(refused).toEqual([]);
    expect(freedBytes).toBe(proposals[0]?.bytes);
    expect(before - diskUse(place('runs'), place('trash'))).toBe(freedBytes);
    expect(freedBytes).toBeGreaterThan(300_000);
    expect(checkpointNames()).toEqual(['step-00000004', 'step-00000008']);
    const { items } = await client.call('runs.checkpoints', { run: FIXTURE_RUN_ID });
    expect(items.map((one) => ({ step: one.step, whole: one.whole }))).toEqual([
      { step: 4, whole: true },
      { step: 8, whole: true },
    ]);
    // Done once, it is done: the same list again changes nothing.
    expect((await cleanUp(client, proposals)).refused).toEqual(['storage.changed']);
    // Neither a rebuilt database nor a run that comes back from the trash brings the steps back.
    const { trashId = '' } = await client.call('runs.remove', { run: FIXTURE_RUN_ID });
    await client.call('storage.restore', { trashId });
    await studio.close();
    await rebuildDatabase(testPorts(studio.home));
    const again = await studio.client();
    const rows = (await again.call('runs.show', { run: FIXTURE_RUN_ID })).checkpoints;
    expect(rows.map((row) => row.step)).toEqual([4, 8]);
  });

  it('leaves alone what changed after it was shown, and what is needed again', async () => {
    const client = await studio.client();
    await adopt(client);
    await count(client);
    const proposals = await proposalsOf(client, 'checkpoints');
    writeFileSync(
      place('runs', FIXTURE_RUN_ID, 'checkpoints/step-00000006/adapter_model.safetensors'),
      'other',
    );
    expect((await cleanUp(client, proposals)).refused).toEqual(['storage.changed']);
    await count(client);
    const shown = await proposalsOf(client, 'checkpoints');
    await client.call('queue.setPaused', { paused: true });
    await client.call('queue.add', { run: FIXTURE_RUN_ID });
    expect((await cleanUp(client, shown)).refused).toEqual(['storage.needed']);
    expect(checkpointNames().length).toBe(4);
    await count(client);
    expect(await proposalsOf(client, 'checkpoints')).toEqual([]);
  });

  it('takes folders without a record, ended jobs and the trash, each by what was shown', async () => {
    const client = await studio.client();
    await adopt(client);
    await client.call('models.add', { path: TINY });
    const sources = [path.join(ROOT, 'resources/sample-data/rows')];
    const { jobId } = await client.call('datasets.inspect', { sources });
    await expect.poll(async () => (await client.call('jobs.show', { jobId })).state).toBe('done');
    // A base that a person put beside the studio's own models is no orphan.
    cpSync(TINY, place('models', 'my base'), { recursive: true });
    await client.call('models.add', { path: place('models', 'my base') });
    mkdirSync(place('runs', 'HALF.adopting'), { recursive: true });
    writeFileSync(place('runs', 'HALF.adopting', 'a.bin'), Buffer.alloc(10_000));
    const { trashId = '' } = await client.call('runs.remove', { run: FIXTURE_RUN_ID });
    await count(client);
    const { items } = await client.call('storage.proposals', {});
    expect(items.map((item) => item.kind).sort()).toEqual(['jobs', 'orphan', 'trash']);
    const before = diskUse(place('runs'), place('jobs'), place('trash'));
    const { freedBytes, refused } = await cleanUp(client, items);
    expect(refused).toEqual([]);
    expect(before - diskUse(place('runs'), place('jobs'), place('trash'))).toBe(freedBytes);
    expect(existsSync(place('runs', 'HALF.adopting'))).toBe(false);
    expect(existsSync(place('jobs', jobId))).toBe(false);
    expect(existsSync(place('trash', trashId))).toBe(false);
    expect(existsSync(place('models', 'my base', 'config.json'))).toBe(true);
    // What the job found is kept, and so is every folder of a person's own.
    expect((await client.call('jobs.show', { jobId })).state).toBe('done');
    expect(existsSync(path.join(TINY, 'config.json'))).toBe(true);
  });

  it('is ended by the next core, or by asking again, wherever kill -9 cut it', async () => {
    await adopt(await studio.client());
    const backup = path.join(outside, 'home');
    await studio.close();
    cpSync(studio.home, backup, { recursive: true });
    const script = path.join(ROOT, 'test/helpers/trash-process.ts');
    let signal: string | null = 'SIGKILL';
    let edge = 0;
    for (; signal === 'SIGKILL'; edge++) {
      rmSync(studio.home, { recursive: true });
      cpSync(backup, studio.home, { recursive: true });
      const core = spawn(process.execPath, [script, studio.home, 'clean', 'run', 'x', String(edge)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      [, signal] = (await once(core, 'exit')) as [number | null, string | null];
      const client = await studio.client();
      const states = (await client.call('runs.checkpoints', { run: FIXTURE_RUN_ID })).items;
      // No row may promise what is gone, and what must stay is whole.
      expect(states.every((one) => one.whole)).toBe(true);
      expect(states.map((one) => one.step)).toEqual(expect.arrayContaining([4, 8]));
      await count(client);
      const left = await proposalsOf(client, 'checkpoints');
      if (left.length > 0) expect((await cleanUp(client, left)).refused).toEqual([]);
      expect(checkpointNames()).toEqual(['step-00000004', 'step-00000008']);
      await expect.poll(() => readdirSync(place('trash'))).toEqual([]);
      await studio.close();
    }
    // The run's file (folder, opening, text, closing, renaming), the way out, and two moves.
    expect(edge).toBeGreaterThanOrEqual(8);
  }, 120_000);

  it('offers an environment only where nothing is known to need it', async () => {
    const runtime = path.join(outside, 'runtime');
    const names = [1, 2, 3, 4, 5].map((at) => `cpu-00000000000${String(at)}`);
    const [current = '', unused = '', others = '', unknown = '', pinned = ''] = names;
    for (const name of names) {
      mkdirSync(path.join(runtime, name, 'lib'), { recursive: true });
      writeFileSync(path.join(runtime, name, 'lib/torch.so'), Buffer.alloc(50_000, 3));
    }
    mkdirSync(path.join(runtime, 'something-else'));
    const store = createEnvironmentStore(
      () => runtime,
      () => Date.now(),
    );
    const environments = { ...store, current: () => current };
    const client = await studio.client('write', { environments });
    for (const name of [current, unused, others, pinned]) store.noteUse(name, studio.home);
    // A run that can be resumed began on it.
    await adopt(client);
    const runFile = place('runs', FIXTURE_RUN_ID, 'run.json');
    const run = JSON.parse(readFileSync(runFile, 'utf8')) as object;
    writeFileSync(runFile, JSON.stringify({ ...run, environment: pinned }));
    store.noteUse(others, outside);
    store.noteUse(unused, path.join(outside, 'a data folder that is gone'));
    await count(client);
    const offered = await proposalsOf(client, 'environment');
    expect(offered.map((item) => item.name)).toEqual([unused]);
    const listed = (await client.call('storage.items', { group: 'environments' })).items;
    expect(Object.fromEntries(listed.map((item) => [item.name, item.users]))).toEqual({
      [current]: [],
      [unused]: [],
      [others]: [outside],
      [unknown]: ['?'],
      [pinned]: ['外来训练'],
    });
    const before = diskUse(runtime);
    const { freedBytes, refused } = await cleanUp(client, offered);
    expect(refused).toEqual([]);
    expect(before - diskUse(runtime)).toBe(freedBytes);
    expect(readdirSync(runtime).sort()).toEqual([current, others, unknown, pinned, 'something-else'].sort());
  });
});
