import type { CurveBucket, CurvePoint } from '../../../electron/shared/domain/lttb.ts';
import type { ChartSeries, ValueScale } from './chart-series.ts';

/** Values of all curves at one step: `v`alue, `s`moothed and `b`and of the i-th under `v0`, `s0`, `b0`. */
export type ChartRow = Readonly<{ step: number } & Record<string, number | readonly [number, number]>>;

type OpenRow = { step: number } & Record<string, number | readonly [number, number]>;

/** The curves as rows in ascending steps. A logarithmic scale leaves out what it cannot show: zero and below. */
export function chartRows(series: readonly ChartSeries[], scale: ValueScale): readonly ChartRow[] {
  const rows = new Map<number, OpenRow>();
  const rowAt = (step: number): OpenRow => {
    const row = rows.get(step) ?? { step };
    rows.set(step, row);
    return row;
  };
  const isShown = (value: number): boolean => scale === 'linear' || value > 0;
  series.forEach((one, index) => {
    if (one.shape === 'dots') return;
    one.points.forEach((point, at) => {
      const row = rowAt(point.step);
      if (isShown(point.value)) row[`v${index}`] = point.value;
      const smoothed = one.smoothed?.[at];
      if (smoothed !== undefined && isShown(smoothed)) row[`s${index}`] = smoothed;
    });
    for (const { step, min, max } of bandOf(one.points, one.buckets ?? [])) {
      const low = isShown(min) ? min : max;
      if (isShown(max)) rowAt(step)[`b${index}`] = [low, max];
    }
  });
  return [...rows.values()].sort((left, right) => left.step - right.step);
}

/**
 * The band at the points that are drawn: each bucket widens the band at the point nearest to it, so that no
 * extreme is lost. Where there are buckets, every point has a band, at least its own value.
 */
export function bandOf(
  points: readonly CurvePoint[],
  buckets: readonly CurveBucket[],
): readonly Readonly<{ step: number; min: number; max: number }>[] {
  if (buckets.length === 0 || points.length === 0) return [];
  const band = points.map(({ step, value }) => ({ step, min: value, max: value }));
  let at = 0;
  for (const bucket of buckets) {
    const middle = (bucket.fromStep + bucket.toStep) / 2;
    while (at + 1 < band.length && isCloser(band[at + 1]?.step, band[at]?.step, middle)) at += 1;
    const target = band[at];
    if (target === undefined) continue;
    target.min = Math.min(target.min, bucket.min);
    target.max = Math.max(target.max, bucket.max);
  }
  return band;
}

/** Index of the point nearest to a step; -1 without points. */
export function nearestPoint(points: readonly CurvePoint[], step: number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.step ?? Infinity) < step) low = middle + 1;
    else high = middle;
  }
  if (high > 0 && isCloser(points[high - 1]?.step, points[high]?.step, step)) return high - 1;
  return high;
}

/** Lowest and highest value that will be drawn; undefined where there is none. */
export function valueExtent(
  series: readonly ChartSeries[],
  scale: ValueScale,
): readonly [number, number] | undefined {
  let min = Infinity;
  let max = -Infinity;
  const take = (value: number): void => {
    if (scale === 'log' && value <= 0) return;
    if (value < min) min = value;
    if (value > max) max = value;
  };
  for (const { points, buckets = [], smoothed = [] } of series) {
    for (const point of points) take(point.value);
    for (const value of smoothed) take(value);
    for (const bucket of buckets) {
      take(bucket.min);
      take(bucket.max);
    }
  }
  return min <= max ? [min, max] : undefined;
}

function isCloser(candidate: number | undefined, current: number | undefined, to: number): boolean {
  return Math.abs((candidate ?? Infinity) - to) < Math.abs((current ?? Infinity) - to);
}
