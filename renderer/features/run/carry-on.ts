import type { MetricPoint } from '../../../electron/shared/contract/events.ts';
import type { MetricSeries } from '../../../electron/shared/contract/methods/metrics.ts';
import type { CurveBucket, CurvePoint } from '../../../electron/shared/domain/lttb.ts';
import { averageFrom, averageWith, NO_AVERAGE, unbiased } from '../../../electron/shared/domain/smoothing.ts';

/** A curve as it is drawn; `smoothed` stands beside `points`, or is empty. */
export type Curve = Readonly<{
  points: readonly CurvePoint[];
  smoothed: readonly number[];
  buckets: readonly CurveBucket[];
  /** Steps at which the run reported NaN or an infinity. */
  nonFiniteSteps: readonly number[];
}>;

/** What the core answered, without what a resumed attempt has made void. */
export function cutCurve(series: MetricSeries, afterStep: number): MetricSeries {
  const points = series.points.filter((point) => point.step <= afterStep);
  return {
    ...series,
    points,
    smoothed: series.smoothed.slice(0, points.length),
    buckets: series.buckets.filter((bucket) => bucket.toStep <= afterStep),
    nonFiniteSteps: series.nonFiniteSteps.filter((step) => step <= afterStep),
  };
}

/**
 * The curve that the core answered, carried on by what arrived since, with its moving average. A point that the
 * answer already covers changes nothing. `weight` is what the answer was smoothed with.
 */
export function carryOn(series: MetricSeries, tail: readonly MetricPoint[], weight: number): Curve {
  const lastStep = Math.max(series.points.at(-1)?.step ?? -1, series.nonFiniteSteps.at(-1) ?? -1);
  const points = [...series.points];
  const smoothed = [...series.smoothed];
  const nonFiniteSteps = [...series.nonFiniteSteps];
  const last = smoothed.at(-1);
  let average = last === undefined ? NO_AVERAGE : averageFrom(last, series.finiteCount, weight);
  let reached = lastStep;
  for (const { key, step, value } of tail) {
    if (key !== series.key || step <= reached) continue;
    reached = step;
    if (value === null) {
      nonFiniteSteps.push(step);
      continue;
    }
    points.push({ step, value });
    if (weight > 0) {
      average = averageWith(average, value, weight);
      smoothed.push(unbiased(average, weight));
    }
  }
  return { points, smoothed, buckets: series.buckets, nonFiniteSteps };
}
