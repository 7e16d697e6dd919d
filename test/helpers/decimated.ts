import {
  lttb,
  minMaxBuckets,
  toColumns,
  type CurveBucket,
  type CurvePoint,
} from '../../electron/shared/domain/lttb.ts';

/** A curve as the core answers it: the kept points and the buckets of all. */
export function decimated(
  raw: readonly CurvePoint[],
  count: number,
): Readonly<{ points: readonly CurvePoint[]; buckets: readonly CurveBucket[] }> {
  const columns = toColumns(raw);
  const kept = new Set(lttb(columns, 0, raw.length, count));
  const points = raw.filter((_, at) => kept.has(at));
  return { points, buckets: minMaxBuckets(columns, 0, raw.length, count) };
}
