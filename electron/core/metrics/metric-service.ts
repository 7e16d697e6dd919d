import type { MetricSeries } from '../../shared/contract/methods/metrics.ts';
import { lttb, minMaxBuckets, type Columns } from '../../shared/domain/lttb.ts';
import { averageWith, NO_AVERAGE, unbiased } from '../../shared/domain/smoothing.ts';
import type { CurveMemory } from './curve-memory.ts';
import { firstFrom, type RawCurve } from './raw-curve.ts';

export type MetricRange = Readonly<{
  keys: readonly string[];
  from: number;
  to: number | undefined;
  maxPoints: number;
  /** Weight of the moving average's past; 0 computes none. */
  smoothing: number;
}>;

/** Steps named at most where a run reported NaN or an infinity; beyond that the share is what matters. */
const MOST_NON_FINITE_STEPS = 200;

/** Curves of a run in a range of steps, smoothed and then decimated so that spikes survive. */
export async function queryMetrics(
  metrics: CurveMemory,
  runId: string,
  range: MetricRange,
): Promise<MetricSeries[]> {
  const series: MetricSeries[] = [];
  for (const key of range.keys) {
    const raw = await metrics.curve(runId, key);
    series.push(raw === undefined ? emptySeries(key) : seriesOf(key, raw, range));
  }
  return series;
}

const emptySeries = (key: string): MetricSeries => ({
  key,
  total: 0,
  points: [],
  smoothed: [],
  finiteCount: 0,
  buckets: [],
  nonFiniteSteps: [],
});

function seriesOf(key: string, raw: RawCurve, range: MetricRange): MetricSeries {
  const { maxPoints, smoothing } = range;
  const { finite } = raw;
  const last = range.to ?? Number.MAX_SAFE_INTEGER;
  const from = firstFrom(finite, range.from);
  const to = firstFrom(finite, last + 1);
  const nonFinite = raw.nonFiniteSteps.filter((step) => step >= range.from && step <= last);
  const kept = lttb(finite, from, to, maxPoints);
  return {
    key,
    total: Math.max(to - from, 0) + nonFinite.length,
    points: Array.from(kept, (at) => ({ step: finite.steps[at] ?? 0, value: finite.values[at] ?? 0 })),
    // Made of every value from the beginning: a zoom does not change the smoothed curve.
    smoothed: smoothing > 0 ? smoothedAt(finite, kept, smoothing) : [],
    finiteCount: to,
    buckets: to - from > maxPoints ? [...minMaxBuckets(finite, from, to, maxPoints)] : [],
    nonFiniteSteps: nonFinite.slice(0, MOST_NON_FINITE_STEPS),
  };
}

/** The moving average of all values, at some of them. */
function smoothedAt({ values }: Columns, kept: Uint32Array, weight: number): number[] {
  const smoothed: number[] = [];
  let average = NO_AVERAGE;
  let at = 0;
  for (const wanted of kept) {
    for (; at <= wanted; at++) average = averageWith(average, values[at] ?? 0, weight);
    smoothed.push(unbiased(average, weight));
  }
  return smoothed;
}
