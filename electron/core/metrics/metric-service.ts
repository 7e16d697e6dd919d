import type { MetricSeries } from '../../shared/contract/methods/metrics.ts';
import { lttb, minMaxBuckets, type CurvePoint } from '../../shared/domain/lttb.ts';
import type { MetricRepository } from '../db/repositories/metric-repository.ts';

export type MetricRange = Readonly<{
  keys: readonly string[];
  from: number;
  to: number | undefined;
  maxPoints: number;
}>;

/** Steps named at most where a run reported NaN or an infinity; beyond that the share is what matters. */
const MOST_NON_FINITE_STEPS = 200;

/** Curves of a run in a range of steps, decimated so that spikes survive. */
export function queryMetrics(metrics: MetricRepository, runId: string, range: MetricRange): MetricSeries[] {
  return range.keys.map((key) => {
    const values = metrics.range(runId, key, range.from, range.to ?? Number.MAX_SAFE_INTEGER);
    const finite: CurvePoint[] = [];
    const nonFiniteSteps: number[] = [];
    for (const { step, value } of values) {
      if (value !== null) finite.push({ step, value });
      else if (nonFiniteSteps.length < MOST_NON_FINITE_STEPS) nonFiniteSteps.push(step);
    }
    const isDecimated = finite.length > range.maxPoints;
    return {
      key,
      total: values.length,
      points: [...lttb(finite, range.maxPoints)],
      buckets: isDecimated ? [...minMaxBuckets(finite, range.maxPoints)] : [],
      nonFiniteSteps,
    };
  });
}
