import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MIGRATIONS } from '../../../electron/core/db/migrations/index.ts';
import { openDatabase } from '../../../electron/core/db/open.ts';
import { createMetricRepository } from '../../../electron/core/db/repositories/metric-repository.ts';
import { createRunRepository } from '../../../electron/core/db/repositories/run-repository.ts';
import { createCurveMemory, type CurveMemory } from '../../../electron/core/metrics/curve-memory.ts';
import { queryMetrics } from '../../../electron/core/metrics/metric-service.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';
import { decimated } from '../../helpers/decimated.ts';

const RUNS = ['01J000000000000000000000A1', '01J000000000000000000000B2'] as const;
const KEYS = ['loss', 'gpu.0.power'] as const;
const PLENTY_BYTES = 1 << 24;

let dir: string;
let db: Database.Database;

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), '曲线 '));
  db = await openDatabase(path.join(dir, 'studio.db'), { migrations: MIGRATIONS, nowMs: Date.now });
  // The disk is not what is tested.
  db.pragma('synchronous = OFF');
  for (const id of RUNS) addRun(id);
});

afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

function addRun(id: string): void {
  createRunRepository(db).insert({
    id,
    name: id,
    state: 'done',
    origin: 'studio',
    dir: '/r',
    recipe: recipeSchema.parse({ model: 'm', dataset: 'd' }),
    modelName: 'm',
    modelPath: '/m',
    datasetName: 'd',
    datasetPath: '/d',
    createdAtMs: 1,
    attempts: 1,
    step: 0,
    tags: [],
    note: '',
  });
}

type Change = Readonly<
  | { kind: 'put'; run: string; key: string; step: number; value: number | null; undone: boolean }
  | { kind: 'many'; run: string; key: string; from: number; values: (number | null)[]; undone: boolean }
  | { kind: 'cut'; run: string; after: number; undone: boolean }
  | { kind: 'remove'; run: string }
  | { kind: 'foreign'; run: string; key: string; step: number }
  | { kind: 'look'; run: string; key: string }
>;

const run = fc.constantFrom(...RUNS);
const key = fc.constantFrom(...KEYS);
const step = fc.nat(120);
// A curve has no negative zero: adding zero makes it the usual one.
const value = fc.option(
  fc.double({ min: -9, max: 9, noNaN: true }).map((each) => each + 0),
  { nil: null },
);
const undone = fc.boolean();
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), run, key, step, value, undone }),
  fc.record({
    kind: fc.constant('many' as const),
    run,
    key,
    from: step,
    values: fc.array(value, { minLength: 1, maxLength: 80 }),
    undone,
  }),
  fc.record({ kind: fc.constant('cut' as const), run, after: step, undone }),
  fc.record({ kind: fc.constant('remove' as const), run }),
  fc.record({ kind: fc.constant('foreign' as const), run, key, step }),
  fc.record({ kind: fc.constant('look' as const), run, key }),
);

class Undone extends Error {}

/** Does the work in a transaction, which a failure then takes back. */
function transact(isUndone: boolean, work: () => void): void {
  try {
    db.transaction(() => {
      work();
      if (isUndone) throw new Undone();
    })();
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
}

async function apply(memory: CurveMemory, other: Database.Database, one: Change): Promise<void> {
  switch (one.kind) {
    case 'put':
      transact(one.undone, () => memory.put(one.run, one.key, one.step, one.value));
      return;
    case 'many': {
      const points = one.values.map((each, at) => ({ key: one.key, step: one.from + at, value: each }));
      transact(one.undone, () => memory.putAll(one.run, points));
      return;
    }
    case 'cut':
      transact(one.undone, () => memory.removeAfter(one.run, one.after));
      return;
    case 'remove':
      createRunRepository(db).remove(one.run);
      addRun(one.run);
      return;
    case 'foreign':
      createMetricRepository(other).put(one.run, one.key, one.step, 77);
      return;
    case 'look':
      await memory.curve(one.run, one.key);
  }
}

describe('the memory of curves', () => {
  it('holds what the database holds, whatever was replaced, cut, undone, removed or written by another process', async () => {
    const other = await openDatabase(path.join(dir, 'studio.db'), {
      migrations: MIGRATIONS,
      nowMs: Date.now,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 30 }),
        fc.constantFrom(0, PLENTY_BYTES),
        async (changes, mostBytes) => {
          const stored = createMetricRepository(db);
          const memory = createCurveMemory(stored, mostBytes);
          for (const one of changes) await apply(memory, other, one);
          for (const runId of RUNS) {
            for (const name of KEYS) {
              const raw = await memory.curve(runId, name);
              const rows = stored.range(runId, name, 0, 1e9);
              const finite = Array.from({ length: raw?.finite.count ?? 0 }, (_, at) => ({
                step: raw?.finite.steps[at],
                value: raw?.finite.values[at],
              }));
              expect(finite).toEqual(rows.filter((row) => row.value !== null));
              expect(raw?.nonFiniteSteps ?? []).toEqual(
                rows.filter((row) => row.value === null).map((row) => row.step),
              );
            }
            createRunRepository(db).remove(runId);
            addRun(runId);
          }
        },
      ),
      { numRuns: 150 },
    );
    other.close();
  });

  it('answers two that ask at once with every value once', async () => {
    const stored = createMetricRepository(db);
    const memory = createCurveMemory(stored);
    const points = Array.from({ length: 50_000 }, (_, at) => ({ key: 'loss', step: at + 1, value: at }));
    db.transaction(() => memory.putAll(RUNS[0], points))();
    const curves = await Promise.all([1, 2, 3].map(() => memory.curve(RUNS[0], 'loss')));
    for (const curve of curves) expect(curve?.finite.count).toBe(50_000);
  });
});

describe('a query', () => {
  it('answers any range with its points, extremes and non-finite steps as the raw values have them', async () => {
    const values = fc.array(value, { minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(
        values,
        fc.nat(300),
        fc.nat(300),
        fc.integer({ min: 2, max: 40 }),
        async (...given) => {
          const [raw, one, other, maxPoints] = given;
          const [from = 0, to = 0] = [one, other].sort((left, right) => left - right);
          const memory = createCurveMemory(createMetricRepository(db));
          db.transaction(() => {
            memory.removeAfter(RUNS[0], -1);
            memory.putAll(
              RUNS[0],
              raw.map((each, at) => ({ key: 'loss', step: at, value: each })),
            );
          })();
          const [series] = await queryMetrics(memory, RUNS[0], {
            keys: ['loss'],
            from,
            to,
            maxPoints,
            smoothing: 0,
          });
          const inRange = raw.flatMap((each, at) =>
            at >= from && at <= to ? [{ step: at, value: each }] : [],
          );
          const finite = inRange.flatMap(({ step: at, value: each }) =>
            each === null ? [] : [{ step: at, value: each }],
          );
          expect(series?.total).toBe(inRange.length);
          expect(series?.nonFiniteSteps.length).toBe(inRange.length - finite.length);
          const expected = decimated(finite, maxPoints);
          expect(series?.points).toEqual(expected.points);
          if (finite.length > maxPoints) {
            expect(series?.buckets).toEqual(expected.buckets);
            const all = finite.map((point) => point.value);
            expect(Math.max(...(series?.buckets ?? []).map((part) => part.max))).toBe(Math.max(...all));
            expect(Math.min(...(series?.buckets ?? []).map((part) => part.min))).toBe(Math.min(...all));
          } else expect(series?.buckets).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
