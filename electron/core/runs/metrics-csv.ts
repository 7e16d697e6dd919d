import type { MetricRepository } from '../db/repositories/metric-repository.ts';

/**
 * Every metric of a run as CSV: one line a step, one column a key, an empty cell where there is no value,
 * `nan` where the run reported a non-finite one. Lines end with a line feed; numbers have a decimal point.
 */
export function metricsCsv(metrics: MetricRepository, runId: string): string {
  const keys = metrics.keys(runId);
  const bySteps = new Map<number, Map<string, number | null>>();
  for (const key of keys) {
    for (const { step, value } of metrics.range(runId, key, 0, Number.MAX_SAFE_INTEGER)) {
      const row = bySteps.get(step) ?? new Map<string, number | null>();
      bySteps.set(step, row);
      row.set(key, value);
    }
  }
  const cell = (value: number | null | undefined): string =>
    value === undefined ? '' : value === null ? 'nan' : String(value);
  const lines = [...bySteps]
    .sort(([left], [right]) => left - right)
    .map(([step, row]) => [String(step), ...keys.map((key) => cell(row.get(key)))].join(','));
  return `${[['step', ...keys].join(','), ...lines].join('\n')}\n`;
}
