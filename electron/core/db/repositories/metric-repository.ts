import type { Database } from 'better-sqlite3';

export type MetricValue = { readonly step: number; readonly value: number | null };

export type MetricRepository = {
  put(runId: string, key: string, step: number, value: number | null): void;
  /** Removes every metric of a run after `step`. */
  removeAfter(runId: string, step: number): void;
  keys(runId: string): readonly string[];
  /** Values with from ≤ step ≤ to, in ascending steps. */
  range(runId: string, key: string, from: number, to: number): readonly MetricValue[];
};

export function createMetricRepository(db: Database): MetricRepository {
  const put = db.prepare(
    `INSERT INTO metrics (run_id, key, step, value) VALUES (?, ?, ?, ?)
     ON CONFLICT (run_id, key, step) DO UPDATE SET value = excluded.value`,
  );
  const removeAfter = db.prepare('DELETE FROM metrics WHERE run_id = ? AND step > ?');
  // Skips from key to key through the index; DISTINCT would read every point of the run.
  const keys = db.prepare(`
    WITH RECURSIVE found (key) AS (
      SELECT min(key) FROM metrics WHERE run_id = @runId
      UNION ALL
      SELECT (SELECT min(key) FROM metrics WHERE run_id = @runId AND key > found.key)
      FROM found WHERE found.key IS NOT NULL
    )
    SELECT key FROM found WHERE key IS NOT NULL`);
  const range = db.prepare(
    'SELECT step, value FROM metrics WHERE run_id = ? AND key = ? AND step BETWEEN ? AND ? ORDER BY step',
  );
  return {
    put: (runId, key, step, value) => void put.run(runId, key, step, value),
    removeAfter: (runId, step) => void removeAfter.run(runId, step),
    keys: (runId) => (keys.all({ runId }) as { key: string }[]).map((row) => row.key),
    range: (runId, key, from, to) => range.all(runId, key, from, to) as MetricValue[],
  };
}
