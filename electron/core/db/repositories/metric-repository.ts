import type { Database } from 'better-sqlite3';

import type { MetricPoint } from '../../../shared/contract/events.ts';

export type MetricValue = { readonly step: number; readonly value: number | null };

/** Step and value: a row as an array, because curves have many. */
export type MetricRow = readonly [step: number, value: number | null];

export type MetricRepository = {
  put(runId: string, key: string, step: number, value: number | null): void;
  /** Stores many values of a run; of several at one step the last stays. */
  putAll(runId: string, points: readonly MetricPoint[]): void;
  /** Removes every metric of a run after `step`. */
  removeAfter(runId: string, step: number): void;
  keys(runId: string): readonly string[];
  /** Values with from ≤ step ≤ to, in ascending steps. */
  range(runId: string, key: string, from: number, to: number): readonly MetricValue[];
  /** The number of a curve, never used for another one; undefined where it has no values. */
  seriesId(runId: string, key: string): number | undefined;
  /** At most `limit` values of a series after a step, in ascending steps. */
  rowsAfter(seriesId: number, step: number, limit: number): readonly MetricRow[];
  /** Changes whenever another connection has changed the database. */
  foreignVersion(): number;
  /** The sum of a run's values after a step, and how many they are. */
  sumAfter(runId: string, key: string, step: number): { readonly count: number; readonly sum: number };
};

/** Rows one statement stores: further ones gain nothing. */
const ROWS_A_STATEMENT = 32;

export function createMetricRepository(db: Database): MetricRepository {
  const insert = (rows: number): string =>
    `INSERT INTO metric_values (series, step, value) VALUES ${Array(rows).fill('(?, ?, ?)').join(', ')}
     ON CONFLICT (series, step) DO UPDATE SET value = excluded.value`;
  const putOne = db.prepare(insert(1));
  const putMany = db.prepare(insert(ROWS_A_STATEMENT));
  const addSeries = db.prepare('INSERT INTO metric_series (run_id, key) VALUES (?, ?)');
  const findSeries = db.prepare<[string, string], number>(
    'SELECT id FROM metric_series WHERE run_id = ? AND key = ?',
  );
  const removeAfter = db.prepare(
    'DELETE FROM metric_values WHERE series IN (SELECT id FROM metric_series WHERE run_id = ?) AND step > ?',
  );
  const keys = db.prepare<[string], string>(`
    SELECT key FROM metric_series
    WHERE run_id = ? AND EXISTS (SELECT 1 FROM metric_values WHERE series = id) ORDER BY key`);
  const range = db.prepare(
    `SELECT step, value FROM metric_values
     WHERE series = (SELECT id FROM metric_series WHERE run_id = ? AND key = ?) AND step BETWEEN ? AND ?
     ORDER BY step`,
  );
  const rowsAfter = db
    .prepare('SELECT step, value FROM metric_values WHERE series = ? AND step > ? ORDER BY step LIMIT ?')
    .raw(true);
  findSeries.pluck(true);
  keys.pluck(true);

  const seriesOf = (runId: string, key: string): number =>
    findSeries.get(runId, key) ?? Number(addSeries.run(runId, key).lastInsertRowid);
  const putSeries = (series: number, points: readonly MetricPoint[]): void => {
    let at = 0;
    for (; at + ROWS_A_STATEMENT <= points.length; at += ROWS_A_STATEMENT) {
      const values: (number | null)[] = [];
      for (const { step, value } of points.slice(at, at + ROWS_A_STATEMENT)) values.push(series, step, value);
      putMany.run(values);
    }
    for (const { step, value } of points.slice(at)) putOne.run(series, step, value);
  };

  const sumAfter = db.prepare(
    `SELECT count(value) AS count, total(value) AS sum FROM metric_values
     WHERE series = (SELECT id FROM metric_series WHERE run_id = ? AND key = ?) AND step > ?`,
  );
  return {
    put: (runId, key, step, value) => void putOne.run(seriesOf(runId, key), step, value),
    putAll: (runId, points) => {
      // Curve by curve: neighbours in the table are stored one after the other.
      for (const [key, own] of Map.groupBy(points, (point) => point.key))
        putSeries(seriesOf(runId, key), own);
    },
    removeAfter: (runId, step) => void removeAfter.run(runId, step),
    keys: (runId) => keys.all(runId),
    range: (runId, key, from, to) => range.all(runId, key, from, to) as MetricValue[],
    seriesId: (runId, key) => findSeries.get(runId, key),
    rowsAfter: (seriesId, step, limit) => rowsAfter.all(seriesId, step, limit) as MetricRow[],
    foreignVersion: () => db.pragma('data_version', { simple: true }) as number,
    sumAfter: (runId, key, step) => sumAfter.get(runId, key, step) as { count: number; sum: number },
  };
}
