import { useEffect, useMemo, useRef } from 'react';

import { useCall } from '../../api/hooks.ts';
import type { StepRange } from '../../ui/line-chart/chart-series.ts';
import { carryOn, cutCurve, type Curve } from './carry-on.ts';
import type { CurveKey, LiveRun } from './run-frames.ts';

/** Points a curve: what a chart of 1,920 px can show, and what it redraws four times a second. */
const MOST_POINTS = 600;
const EMPTY: Curve = { points: [], smoothed: [], buckets: [], nonFiniteSteps: [] };

export type CurveRequest = Readonly<{
  keys: readonly CurveKey[];
  /** Without it the whole run, which then goes on by itself. */
  range?: StepRange | undefined;
  /** From this step on, and it goes on by itself. */
  from?: number;
  smoothing?: number;
}>;

/** Curves of a run: one question, carried on by the frames that arrive. */
export function useCurves(
  id: string,
  live: LiveRun | undefined,
  request: CurveRequest,
): Readonly<Record<CurveKey, Curve>> {
  const { keys, range, from = 0, smoothing = 0 } = request;
  const { data, dataUpdatedAt, isFetching, refetch } = useCall(
    'metrics.query',
    {
      run: id,
      keys: [...keys],
      from: range?.from ?? from,
      ...(range === undefined ? {} : { to: range.to }),
      maxPoints: MOST_POINTS,
      smoothing,
    },
    { keepPrevious: true },
  );
  const generation = live?.generation ?? 0;
  const asked = useRef(generation);
  useEffect(() => {
    // One question at a time: under a flood of points a second one would take the place of the first for ever.
    if (isFetching || asked.current === generation) return;
    if (asked.current !== 0) void refetch();
    asked.current = generation;
  }, [generation, isFetching, refetch]);
  const tail = range === undefined ? live?.tail : undefined;
  const cut = live?.cut;
  return useMemo(() => {
    const curves = Object.fromEntries(keys.map((key) => [key, EMPTY])) as Record<CurveKey, Curve>;
    for (const series of data?.series ?? []) {
      const valid = cut !== undefined && dataUpdatedAt < cut.atMs ? cutCurve(series, cut.afterStep) : series;
      // The answer on the screen may be one that was asked for without smoothing.
      const weight = series.points.length === 0 || series.smoothed.length > 0 ? smoothing : 0;
      curves[series.key as CurveKey] = carryOn(valid, tail ?? [], weight);
    }
    return curves;
  }, [keys, data, dataUpdatedAt, tail, cut, smoothing]);
}
