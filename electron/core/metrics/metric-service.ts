import type { MetricSeries } from '../../shared/contract/methods/metrics.ts';
import { lttb, minMaxBuckets, type CurvePoint } from '../../shared/domain/lttb.ts';
import { smooth } from '../../shared/domain/smoothing.ts';
import type { MetricRepository } from '../db/repositories/metric-repository.ts';

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
export function queryMetrics(metrics: MetricRepository, runId: string, range: MetricRange): MetricSeries[] {
  return range.keys.map((key) => querySeries(metrics, runId, key, range));
}

function querySeries(
  metrics: MetricRepository,
  runId: string,
  key: string,
  { from, to, maxPoints, smoothing }: MetricRange,
): MetricSeries {
  // A zoom must not change the smoothed curve, so that its average begins where the run does.
  const values = metrics.range(runId, key, smoothing > 0 ? 0 : from, to ?? Number.MAX_SAFE_INTEGER);
  const finite: CurvePoint[] = [];
  const nonFiniteSteps: number[] = [];
  let total = 0;
  for (const { step, value } of values) {
    if (step >= from) total += 1;
    if (value !== null) finite.push({ step, value });
    else if (step >= from && nonFiniteSteps.length < MOST_NON_FINITE_STEPS) nonFiniteSteps.push(step);
  }
  const inRange = finite.filter((point) => point.step >= from);
  const points = lttb(inRange, maxPoints);
  const isDecimated = inRange.length > maxPoints;
  return {
    key,
    total,
    points: [...points],
    smoothed: smoothing > 0 ? smoothedAt(points, finite, smoothing) : [],
    finiteCount: finite.length,
    buckets: isDecimated ? [...minMaxBuckets(inRange, maxPoints)] : [],
    nonFiniteSteps,
  };
}

/** The moving average of all values at some of them; `kept` is a subsequence of `all`. */
function smoothedAt(kept: readonly CurvePoint[], all: readonly CurvePoint[], weight: number): number[] {
  const averages = smooth(all, weight);
  let at = 0;
  return kept.map((point) => {
    while (all[at] !== point) at += 1;
    return averages[at] ?? point.value;
  });
}
