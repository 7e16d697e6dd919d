import type { CurveBucket, CurvePoint } from '../../../electron/shared/domain/lttb.ts';
import type { ChartSeries, ValueScale } from './chart-series.ts';

/** Where a figure lies in the drawing, in pixels; undefined where it lies nowhere. */
export type Scale = (figure: number) => number | undefined;
export type Scales = Readonly<{ x: Scale; y: Scale }>;

/** Whether a value has a place on the axis: a logarithmic one has none for zero and below. */
export const isShown = (value: number, scale: ValueScale): boolean => scale === 'linear' || value > 0;

/** A tenth of a pixel: finer is not seen, and longer to read for the browser. */
const figure = (pixel: number): string => String(Math.round(pixel * 10) / 10);

/** The line through the points that have a place, as the data of an SVG path; empty without one. */
export function linePath(
  steps: readonly Readonly<{ step: number }>[],
  valueOf: (at: number) => number | undefined,
  { x, y }: Scales,
): string {
  let path = '';
  steps.forEach(({ step }, at) => {
    const value = valueOf(at);
    const across = x(step);
    const down = value === undefined ? undefined : y(value);
    if (across === undefined || down === undefined || !Number.isFinite(down)) return;
    path += `${path === '' ? 'M' : 'L'}${figure(across)},${figure(down)}`;
  });
  return path;
}

/** The area between the lowest and the highest values, as the data of an SVG path; empty without one. */
export function bandPath(
  band: readonly Readonly<{ step: number; min: number; max: number }>[],
  scale: ValueScale,
  scales: Scales,
): string {
  const shown = band.filter(({ max }) => isShown(max, scale));
  const upper = linePath(shown, (at) => shown[at]?.max, scales);
  const back = shown.toReversed();
  const lowOf = ({ min, max }: Readonly<{ min: number; max: number }>): number =>
    isShown(min, scale) ? min : max;
  const lower = linePath(
    back,
    (at) => {
      const part = back[at];
      return part === undefined ? undefined : lowOf(part);
    },
    scales,
  );
  return upper === '' ? '' : `${upper}${lower.replace('M', 'L')}Z`;
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
    if (!isShown(value, scale)) return;
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
