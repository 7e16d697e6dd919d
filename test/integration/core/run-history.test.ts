import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { rebuildDatabase } from '../../../electron/core/rebuild-database.ts';
import { failure, TestStudio, testPorts } from './core-harness.ts';
import {
  checkpoint,
  ended,
  evaluation,
  FIXTURE_RUN_ID,
  fixtureJobId,
  sample,
  step,
  writeCheckpoint,
  writeRunFolder,
} from './run-folder-fixture.ts';

let studio: TestStudio;
let outside: string;

beforeEach(() => {
  studio = new TestStudio();
  outside = path.join(studio.home, '别处', 'run');
});

afterEach(() => studio.dispose());

/** Every row that a run consists of, straight from the database file. */
function rowsOf(home: string): Record<string, unknown[]> {
  const db = new Database(path.join(home, 'studio.db'), { readonly: true });
  try {
    const tables = [
      'runs',
      'attempts',
      'metrics',
      'checkpoints',
      'samples',
      'jobs',
      'job_events',
      'datasets',
      'models',
    ];
    return Object.fromEntries(
      tables.map((table) => [table, db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).all()]),
    );
  } finally {
    db.close();
  }
}

/** Attempt 1 reaches step 7; attempt 2 goes on from step 4 with other losses. */
function writeResumedRun(): void {
  const atFour = writeCheckpoint(outside, 4, 1_700_000_000_500);
  writeRunFolder(outside, [
    {
      events: [
        ...[1, 2, 3, 4].map((at) => step(at, 5 - at / 10)),
        checkpoint(4, atFour),
        sample(4, '旧'),
        ...[5, 6, 7].map((at) => step(at, 99)),
        evaluation(6, 99),
        checkpoint(6, 'lost'),
        sample(6, '旧'),
      ],
      tail: '{"v":1,"seq":99,"t":17000',
    },
    {
      resumeFromStep: 4,
      events: [step(5, 4), step(6, null), evaluation(6, 3.5), sample(6, '新'), ended('stopped', 10)],
    },
  ]);
}

describe('runs.adopt', () => {
  it('replaces what an earlier attempt reported after the step that the next one went on from', async () => {
    writeResumedRun();
    const client = await studio.client();
    const run = await client.call('runs.adopt', { path: outside });
    expect(run).toMatchObject({
      id: FIXTURE_RUN_ID,
      state: 'stopped',
      origin: 'adopted',
      step: 6,
      attempts: 2,
    });
    const { series } = await client.call('metrics.query', { run: run.id, keys: ['loss', 'evalLoss'] });
    expect(series[0]).toMatchObject({
      points: [
        { step: 1, value: 4.9 },
        { step: 2, value: 4.8 },
        { step: 3, value: 4.7 },
        { step: 4, value: 4.6 },
        { step: 5, value: 4 },
      ],
      nonFiniteSteps: [6],
    });
    expect(series[1]?.points).toEqual([{ step: 6, value: 3.5 }]);
    const detail = await client.call('runs.show', { run: run.id });
    expect(detail.checkpoints.map((one) => one.step)).toEqual([4]);
    expect(detail.samples.map((one) => one.answer)).toEqual(['旧', '新']);
    expect(detail.attemptList.map((one) => one.resumedFromStep)).toEqual([undefined, 4]);
  });

  it('keeps the events of every attempt, a page at a time', async () => {
    writeResumedRun();
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside });
    const seen: string[] = [];
    let after: { attempt: number; seq: number } | undefined;
    for (;;) {
      const page = await client.call('runs.events', {
        run: FIXTURE_RUN_ID,
        types: ['step'],
        limit: 4,
        ...(after === undefined ? {} : { after }),
      });
      seen.push(
        ...page.items.map(
          (item) => `${String(item.attempt)}:${String((item.data as { step: number }).step)}`,
        ),
      );
      after = page.items.at(-1);
      if (!page.more) break;
    }
    expect(seen).toEqual(['1:1', '1:2', '1:3', '1:4', '1:5', '1:6', '1:7', '2:5', '2:6']);
  });

  it('places checkpoints of another machine in its own folder', async () => {
    writeResumedRun();
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside });
    rmSync(outside, { recursive: true });
    const detail = await client.call('runs.show', { run: FIXTURE_RUN_ID });
    expect(existsSync(path.join(detail.checkpoints[0]?.path ?? '', 'manifest.json'))).toBe(true);
  });

  it('says of each checkpoint whether it is all there', async () => {
    writeResumedRun();
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside });
    const before = await client.call('runs.checkpoints', { run: FIXTURE_RUN_ID });
    expect(before.items.map(({ step: at, whole }) => [at, whole])).toEqual([[4, true]]);
    const folder = before.items[0]?.path ?? '';
    const [file] = readdirSync(folder).filter((name) => name !== 'manifest.json');
    writeFileSync(path.join(folder, file ?? ''), 'cut');
    // "Damaged" alone leaves a person without a way to find out what happened to the file.
    const faultOf = async () => {
      const { items } = await client.call('runs.checkpoints', { run: FIXTURE_RUN_ID });
      expect(items.map(({ step: at, whole }) => [at, whole])).toEqual([[4, false]]);
      return items[0]?.fault;
    };
    expect(await faultOf()).toEqual({ kind: 'file_size', file, bytes: 3, expectedBytes: 7 });
    rmSync(path.join(folder, file ?? ''));
    expect(await faultOf()).toEqual({ kind: 'file_missing', file });
    writeFileSync(path.join(folder, 'manifest.json'), '{');
    expect(await faultOf()).toEqual({ kind: 'manifest_unreadable' });
    rmSync(path.join(folder, 'manifest.json'));
    expect(await faultOf()).toEqual({ kind: 'manifest_missing' });
    rmSync(folder, { recursive: true });
    expect(await faultOf()).toEqual({ kind: 'folder_missing' });
    writeCheckpoint(path.dirname(path.dirname(folder)), 4, 5);
    expect(await faultOf()).toEqual({ kind: 'replaced' });
  });

  it('keeps tags and note of a run when the database is made anew from the folders', async () => {
    writeResumedRun();
    const client = await studio.client();
    const { id } = await client.call('runs.adopt', { path: outside });
    await client.call('runs.setTags', { run: id, tags: ['基线', ' 基线 ', 'r8'] });
    await client.call('runs.setNote', { run: id, note: '学习率太高' });
    await studio.close();
    await rebuildDatabase(testPorts(studio.home));
    const again = await studio.client();
    const found = await again.call('runs.list', { search: '基线' });
    expect(found.items.map(({ tags, note }) => ({ tags, note }))).toEqual([
      { tags: ['基线', 'r8'], note: '学习率太高' },
    ]);
  });

  it('finds a runner that never said its end gone, and calls the run interrupted', async () => {
    writeRunFolder(outside, [{ events: [step(1, 5)] }]);
    const client = await studio.client();
    expect(await client.call('runs.adopt', { path: outside })).toMatchObject({
      state: 'interrupted',
      step: 1,
    });
  });

  it('takes a run once', async () => {
    writeResumedRun();
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside });
    expect((await failure(client.call('runs.adopt', { path: outside }))).code).toBe('run.already_known');
    expect((await client.call('runs.list', {})).total).toBe(1);
  });

  it.each([
    ['no run.json', () => rmSync(path.join(outside, 'run.json'))],
    ['a broken run.json', () => writeFileSync(path.join(outside, 'run.json'), '{')],
    [
      'an id that is a path',
      () => writeFileSync(path.join(outside, 'run.json'), '{"version":1,"id":"../../x"}'),
    ],
    ['no attempts', () => rmSync(path.join(outside, 'attempts'), { recursive: true })],
    ['a broken job.json', () => writeFileSync(path.join(outside, 'attempts/2/job.json'), '[]')],
  ])('refuses a folder with %s, and leaves nothing behind', async (_what, spoil) => {
    writeResumedRun();
    spoil();
    const client = await studio.client();
    expect((await failure(client.call('runs.adopt', { path: outside }))).code).toBe('run.folder_invalid');
    expect((await client.call('runs.list', {})).total).toBe(0);
    const runsDir = path.join(studio.home, 'runs');
    expect(existsSync(runsDir) ? readdirSync(runsDir) : []).toEqual([]);
  });
});

describe('runs.resume', () => {
  it('offers a checkpoint whose event was lost, and none that the run has left behind', async () => {
    const client = await studio.client();
    const now = Date.now();
    const atFour = writeCheckpoint(outside, 4, now - 5000);
    // Saved by attempt 1 after step 4, where attempt 2 went on: another course.
    writeCheckpoint(outside, 6, now - 4000);
    writeRunFolder(
      outside,
      [
        { events: [step(4, 5), checkpoint(4, atFour), step(6, 5)] },
        { resumeFromStep: 4, events: [step(5, 4)] },
      ],
      now - 3000,
    );
    await client.call('runs.adopt', { path: outside });
    const runDir = path.join(studio.home, 'runs', FIXTURE_RUN_ID);
    const missing = await failure(client.call('runs.resume', { run: FIXTURE_RUN_ID, fromStep: 6 }));
    expect(missing).toMatchObject({ code: 'run.no_checkpoint', params: { step: 6 } });
    // Saved by attempt 2 right before it died: no event, but whole.
    writeCheckpoint(runDir, 5, now - 1000);
    const merged = await failure(client.call('merge.start', { run: FIXTURE_RUN_ID, step: 5 }));
    expect(merged.code).toBe('merge.base_missing');
    // A half-written one is never offered.
    rmSync(path.join(runDir, 'checkpoints', 'step-00000005', 'adapter_model.safetensors'));
    const half = await failure(client.call('merge.start', { run: FIXTURE_RUN_ID, step: 5 }));
    expect(half.code).toBe('merge.no_adapter');
  });

  it('is refused for a finished run', async () => {
    writeRunFolder(outside, [{ events: [step(1, 5), ended('done', 0)] }]);
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside });
    expect((await failure(client.call('runs.resume', { run: FIXTURE_RUN_ID }))).code).toBe('run.finished');
  });
});

/** Every job's end is known: that of the lost first attempt only once the core has looked for its process. */
const jobsSettled = (home: string): Promise<void> =>
  expect
    .poll(() => rowsOf(home)['jobs']?.map((job) => (job as { state: string }).state))
    .not.toContain('running');

/** Without the moment at which a lost process was missed, which is each core's own. */
const withoutMoments = (rows: Record<string, unknown[]>): Record<string, unknown[]> => ({
  ...rows,
  jobs: (rows['jobs'] ?? []).map((job) => ({ ...(job as object), ended_at_ms: undefined })),
});

describe('rebuildDatabase', () => {
  it('makes the same rows again from the folders', async () => {
    writeResumedRun();
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside, name: '新名字' });
    await client.call('models.add', { path: path.resolve('resources/tiny-model'), name: '小模型' });
    await jobsSettled(studio.home);
    await studio.close();
    const before = rowsOf(studio.home);
    const report = await rebuildDatabase(testPorts(studio.home));
    expect(report).toMatchObject({ runs: 1, models: 1, datasets: 0, skipped: [] });
    const rebuilt = await studio.client();
    expect(await rebuilt.call('runs.show', { run: '新名字' })).toMatchObject({
      state: 'stopped',
      origin: 'adopted',
    });
    await jobsSettled(studio.home);
    await studio.close();
    expect(withoutMoments(rowsOf(studio.home))).toEqual(withoutMoments(before));
    expect(before['metrics']?.length).toBeGreaterThan(0);
  });

  it('names what it cannot read, takes the rest, and keeps the old database', async () => {
    writeResumedRun();
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside });
    await studio.close();
    const broken = path.join(studio.home, 'runs', 'BROKEN');
    mkdirSync(broken);
    writeFileSync(path.join(studio.home, 'studio.db'), 'this is no database');
    const report = await rebuildDatabase(testPorts(studio.home));
    expect(report.runs).toBe(1);
    expect(report.skipped).toMatchObject([{ path: broken, error: { code: 'run.folder_invalid' } }]);
    expect(existsSync(report.backup ?? '')).toBe(true);
    expect((await (await studio.client()).call('runs.list', {})).total).toBe(1);
  });

  it('is refused while a core holds the folder', async () => {
    await studio.client();
    expect((await failure(rebuildDatabase(testPorts(studio.home)))).code).toBe('core.data_folder_in_use');
  });
});

describe('a second core', () => {
  it('reads, names the owner when it is asked to change something, and cannot open for writing', async () => {
    writeResumedRun();
    const first = await studio.client();
    await first.call('runs.adopt', { path: outside });
    const second = await studio.client('read');
    expect((await second.call('app.info', {})).readOnly).toBe(true);
    expect((await second.call('runs.list', {})).total).toBe(1);
    const refused = await failure(second.call('runs.remove', { run: FIXTURE_RUN_ID }));
    expect(refused.code).toBe('core.read_only');
    expect(refused.params['owner']).toContain(String(process.pid));
    expect((await failure(studio.client('write'))).code).toBe('core.data_folder_in_use');
  });
});

describe('references', () => {
  it('take an id, its beginning, or an exact name, and say when they are ambiguous', async () => {
    writeResumedRun();
    const client = await studio.client();
    await client.call('runs.adopt', { path: outside });
    for (const run of [FIXTURE_RUN_ID, '01j0000000run', '外来训练']) {
      expect((await client.call('runs.show', { run })).id).toBe(FIXTURE_RUN_ID);
    }
    for (const run of ['01J', '%', '_外来训练', fixtureJobId(1)]) {
      expect((await failure(client.call('runs.show', { run }))).code).toBe('core.not_found');
    }
    const tiny = path.resolve('resources/tiny-model');
    await client.call('models.add', { path: tiny, name: '同名' });
    const copy = path.join(studio.home, 'copy');
    cpSync(tiny, copy, { recursive: true });
    await client.call('models.add', { path: copy, name: '同名' });
    expect((await failure(client.call('models.show', { model: '同名' }))).code).toBe('core.ambiguous');
  });
});
