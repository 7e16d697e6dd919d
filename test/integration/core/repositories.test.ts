import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MIGRATIONS } from '../../../electron/core/db/migrations/index.ts';
import { schemaVersion } from '../../../electron/core/db/migrate.ts';
import { openDatabase } from '../../../electron/core/db/open.ts';
import { createRepositories, type CoreRepositories } from '../../../electron/core/core-repositories.ts';
import type { RunRecord } from '../../../electron/core/db/repositories/run-repository.ts';
import { EventTailer } from '../../../electron/core/jobs/event-tailer.ts';
import type { JobProjector } from '../../../electron/core/jobs/job-record.ts';
import { readRunFolder } from '../../../electron/core/runs/run-folder-import.ts';
import { createRedactor } from '../../../electron/core/log/redactor.ts';
import { createTrainProjector } from '../../../electron/core/runs/train-projector.ts';
import { queryMetrics } from '../../../electron/core/metrics/metric-service.ts';
import { smooth } from '../../../electron/shared/domain/smoothing.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';
import { FIXTURE_RUN_ID, fixtureJobId, step, writeRunFolder } from './run-folder-fixture.ts';

let dir: string;
let db: Database.Database;
let repositories: CoreRepositories;

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), '库 '));
  db = await openDatabase(path.join(dir, 'studio.db'), { migrations: MIGRATIONS, nowMs: Date.now });
  repositories = createRepositories(db);
});

afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const recipe = recipeSchema.parse({ model: 'm', dataset: 'd' });

function run(at: number, changes: Partial<RunRecord> = {}): RunRecord {
  return {
    id: `01J0000000000000000000${String(at).padStart(4, '0')}`,
    name: `训练 ${String(at)}`,
    state: 'done',
    origin: 'studio',
    dir: '/r',
    recipe,
    modelName: at % 2 === 0 ? 'internlm2-7b' : 'llama',
    modelPath: '/m',
    datasetName: 'disc',
    datasetPath: '/d',
    createdAtMs: 1000 + at,
    attempts: 1,
    step: at,
    loss: at % 10 === 0 ? undefined : at / 100,
    tags: [],
    note: '',
    ...changes,
  };
}

const QUERY = {
  search: '',
  states: [],
  sort: 'createdAtMs',
  descending: true,
  offset: 0,
  limit: 50,
} as const;

describe('migration 2', () => {
  it('adds its tables to a database of version 1 and keeps the jobs in it', async () => {
    const file = path.join(dir, 'old.db');
    const old = await openDatabase(file, { migrations: MIGRATIONS.slice(0, 1), nowMs: Date.now });
    old
      .prepare(
        `INSERT INTO jobs (id, kind, dir, spec, nonce, detached, state, created_at_ms)
         VALUES ('J', 'train', '/j', '{}', 'n', 1, 'done', 7)`,
      )
      .run();
    old.close();
    const migrated = await openDatabase(file, { migrations: MIGRATIONS, nowMs: Date.now });
    expect(schemaVersion(migrated)).toBe(MIGRATIONS.length);
    expect(migrated.prepare('SELECT id, created_at_ms FROM jobs').all()).toEqual([
      { id: 'J', created_at_ms: 7 },
    ]);
    createRepositories(migrated).runs.insert(run(1));
    migrated.close();
  });
});

describe('migration 3', () => {
  it('gives the runs of a version 2 database no tags and an empty note', async () => {
    const file = path.join(dir, 'unlabelled.db');
    const old = await openDatabase(file, { migrations: MIGRATIONS.slice(0, 2), nowMs: Date.now });
    old
      .prepare(
        `INSERT INTO runs (id, name, state, origin, dir, recipe, model_name, model_path, dataset_name,
                           dataset_path, created_at_ms, attempts, step)
         VALUES ('R', '旧', 'done', 'studio', '/r', ?, 'm', '/m', 'd', '/d', 7, 1, 3)`,
      )
      .run(JSON.stringify(recipe));
    old.close();
    const migrated = await openDatabase(file, { migrations: MIGRATIONS, nowMs: Date.now });
    expect(createRepositories(migrated).runs.byId('R')).toMatchObject({ name: '旧', tags: [], note: '' });
    migrated.close();
  });
});

describe('10,000 runs', () => {
  beforeEach(() => {
    db.transaction(() => {
      for (let at = 0; at < 10_000; at++) repositories.runs.insert(run(at));
    })();
  });

  it('are listed newest first, a page at a time, with their count', () => {
    const page = repositories.runs.list({ ...QUERY, offset: 9990, limit: 50 });
    expect(page.total).toBe(10_000);
    expect(page.items.map((item) => item.step)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('are sorted by a number with the runs that have none at the end, either way', () => {
    const up = repositories.runs.list({ ...QUERY, sort: 'loss', descending: false, limit: 2 });
    expect(up.items.map((item) => item.step)).toEqual([1, 2]);
    const last = repositories.runs.list({ ...QUERY, sort: 'loss', descending: true, offset: 9999, limit: 1 });
    expect(last.items[0]?.loss).toBeUndefined();
  });

  it('are searched by name, model and id, with wildcards taken literally', () => {
    const found = (search: string): number => repositories.runs.list({ ...QUERY, search }).total;
    expect(found('internlm2')).toBe(5000);
    expect(found('练 999')).toBe(11);
    expect(found('%')).toBe(0);
    expect(found('_')).toBe(0);
    repositories.runs.insert(run(0, { id: 'Z', name: '100% 完成_1' }));
    expect(found('100%')).toBe(1);
    expect(found('完成_1')).toBe(1);
    repositories.runs.insert(run(1, { id: 'T', tags: ['基线', '"x"'], note: '学习率太高' }));
    expect(found('基线')).toBe(1);
    expect(found('率太')).toBe(1);
  });

  it('are filtered by state', () => {
    repositories.runs.save(run(5, { state: 'failed' }));
    repositories.runs.save(run(6, { state: 'running' }));
    const listed = repositories.runs.list({ ...QUERY, states: ['failed', 'running'] });
    expect(listed.items.map((item) => item.step)).toEqual([6, 5]);
    expect(repositories.runs.live().map((item) => item.step)).toEqual([6]);
  });

  it('are paged through an index, not by sorting them all', () => {
    const plan = db
      .prepare(
        'EXPLAIN QUERY PLAN SELECT * FROM runs ORDER BY created_at_ms DESC NULLS LAST, id DESC LIMIT 50',
      )
      .all() as { detail: string }[];
    expect(plan.map((line) => line.detail).join()).toContain('runs_by_time');
    expect(plan.map((line) => line.detail).join()).not.toContain('TEMP B-TREE');
  });
});

describe('metrics', () => {
  beforeEach(() => repositories.runs.insert(run(1)));

  it('keep the last value of a step, and find the keys of one run only', () => {
    const { id } = run(1);
    repositories.runs.insert(run(2));
    for (const [owner, key, value] of [
      [id, 'loss', 1],
      [id, 'loss', 2],
      [id, 'evalLoss', null],
      [run(2).id, 'other', 1],
    ] as const) {
      repositories.metrics.put(owner, key, 3, value);
    }
    expect(repositories.metrics.keys(id)).toEqual(['evalLoss', 'loss']);
    expect(repositories.metrics.keys('none')).toEqual([]);
    expect(repositories.metrics.range(id, 'loss', 0, 9)).toEqual([{ step: 3, value: 2 }]);
  });

  it('show a spike of one step among 100,000 in points and buckets', async () => {
    const { id } = run(1);
    db.transaction(() => {
      for (let at = 1; at <= 100_000; at++) repositories.metrics.put(id, 'loss', at, at === 54_321 ? 40 : 1);
    })();
    const [series] = await queryMetrics(repositories.metrics, id, {
      keys: ['loss'],
      from: 0,
      to: undefined,
      maxPoints: 500,
      smoothing: 0,
    });
    expect(series?.total).toBe(100_000);
    expect(series?.points.length).toBe(500);
    expect(series?.points).toContainEqual({ step: 54_321, value: 40 });
    expect(series?.buckets.filter((bucket) => bucket.max === 40).length).toBe(1);
    const [zoomed] = await queryMetrics(repositories.metrics, id, {
      keys: ['loss'],
      from: 54_000,
      to: 54_400,
      maxPoints: 500,
      smoothing: 0,
    });
    expect(zoomed?.points.length).toBe(401);
    expect(zoomed?.buckets).toEqual([]);
  });
});

describe('smoothing', () => {
  it('is made of every raw value before points are left out, and does not change with the zoom', async () => {
    const { id } = run(1);
    repositories.runs.insert(run(1));
    const raw = Array.from({ length: 5000 }, (_, at) => ({
      step: at + 1,
      value: Math.sin(at / 40) + (at % 7),
    }));
    db.transaction(() => {
      for (const { step: at, value } of raw) repositories.metrics.put(id, 'loss', at, value);
    })();
    const truth = new Map(smooth(raw, 0.9).map((value, at) => [at + 1, value]));
    const query = { keys: ['loss'], from: 0, to: undefined, maxPoints: 50, smoothing: 0.9 };
    for (const range of [query, { ...query, from: 3000, to: 3400 }]) {
      const [series] = await queryMetrics(repositories.metrics, id, range);
      expect(series?.points.length).toBe(50);
      expect(series?.smoothed).toEqual(series?.points.map((point) => truth.get(point.step)));
      expect(series?.finiteCount).toBe(range.to ?? 5000);
    }
  });
});

describe('a resumed attempt', () => {
  it('voids the metrics after its step in the transaction of its first event, or not at all', () => {
    const folder = path.join(dir, 'run');
    writeRunFolder(folder, [
      { events: [1, 2, 3].map((at) => step(at, at)) },
      { resumeFromStep: 1, events: [] },
    ]);
    const { run: found, attempts } = readRunFolder(folder, { mayBeUnstarted: false });
    repositories.runs.insert({ ...found, jobId: fixtureJobId(2) });
    for (const { record, spec } of attempts) {
      repositories.attempts.save(record);
      const { id, kind, nonce, createdAtMs } = spec;
      repositories.jobs.insert({ id, kind, dir: record.dir, spec, nonce, detached: true, createdAtMs });
    }
    const losses = (): number[] =>
      repositories.metrics.range(FIXTURE_RUN_ID, 'loss', 0, 9).map((metric) => metric.step);
    const tail = (projectors: readonly JobProjector[], attempt: number): void => {
      const log = { warn: () => undefined, error: () => undefined };
      new EventTailer({ repository: repositories.jobs, projectors, log, redactor: createRedactor() }).step(
        fixtureJobId(attempt),
      );
    };
    const projector = createTrainProjector(repositories, () => undefined);
    tail([projector], 1);
    expect(losses()).toEqual([1, 2, 3]);

    const full = Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' });
    const failing: JobProjector = {
      project: () => {
        throw full;
      },
    };
    expect(() => tail([projector, failing], 2)).toThrow('disk full');
    expect(losses()).toEqual([1, 2, 3]);
    expect(repositories.jobs.eventsAfter(fixtureJobId(2), 0, 9)).toEqual([]);

    tail([projector], 2);
    expect(losses()).toEqual([1]);
    expect(repositories.jobs.eventsAfter(fixtureJobId(2), 0, 9).map((event) => event.type)).toEqual([
      'started',
    ]);
  });
});
