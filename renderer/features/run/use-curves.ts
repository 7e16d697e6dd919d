import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { useCall } from '../../api/hooks.ts';
import type { StepRange } from '../../ui/line-chart/chart-series.ts';
import { carryOn, cutCurve, type Curve } from './carry-on.ts';
import type { CurveKey, LiveRun } from './run-frames.ts';

/** Points a curve, unless less will do: what a chart of 1,920 px can show, and what it redraws four times a second. */
const MOST_POINTS = 600;
const EMPTY: Curve = { points: [], smoothed: [], buckets: [], nonFiniteSteps: [] };

export type CurveRequest = Readonly<{
  keys: readonly CurveKey[];
  /** Without it the whole run, which then goes on by itself. */
  range?: StepRange | undefined;
  /** From this step on, and it goes on by itself. */
  from?: number;
  smoothing?: number;
  maxPoints?: number;
}>;

export type CurveAnswer = Readonly<{
  curves: Readonly<Record<CurveKey, Curve>>;
  /** The range that the curves were asked for with; an earlier one while an answer is on its way. */
  range: StepRange | undefined;
  isLoading: boolean;
  /** Why there are no curves. */
  error: StudioError | undefined;
  retry: () => void;
}>;

/** Curves of a run: one question, carried on by the frames that arrive. */
export function useCurves(
  id: string,
  live: LiveRun | undefined,
  request: CurveRequest,
): Readonly<Record<CurveKey, Curve>> {
  return useCurveAnswer(id, live, request).curves;
}

/** The same with the state of the question. */
export function useCurveAnswer(id: string, live: LiveRun | undefined, request: CurveRequest): CurveAnswer {
  const { keys, range: wanted, from = 0, smoothing = 0, maxPoints = MOST_POINTS } = request;
  const { data, dataUpdatedAt, error, isFetching, isPlaceholderData, refetch } = useCall(
    'metrics.query',
    {
      run: id,
      keys: [...keys],
      from: wanted?.from ?? from,
      ...(wanted === undefined ? {} : { to: wanted.to }),
      maxPoints,
      smoothing,
    },
    { keepPrevious: true },
  );
  // A chart moves to another range together with its curves: not twice, and not without them.
  const [range, setRange] = useState(wanted);
  if (!isPlaceholderData && range !== wanted) setRange(wanted);
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
  const curves = useMemo(() => {
    const carried = Object.fromEntries(keys.map((key) => [key, EMPTY])) as Record<CurveKey, Curve>;
    for (const series of data?.series ?? []) {
      const valid = cut !== undefined && dataUpdatedAt < cut.atMs ? cutCurve(series, cut.afterStep) : series;
      // The answer on the screen may be one that was asked for without smoothing.
      const weight = series.points.length === 0 || series.smoothed.length > 0 ? smoothing : 0;
      carried[series.key as CurveKey] = carryOn(valid, tail ?? [], weight);
    }
    return carried;
  }, [keys, data, dataUpdatedAt, tail, cut, smoothing]);
  const retry = useCallback(() => void refetch(), [refetch]);
  return {
    curves,
    range,
    isLoading: data === undefined && error === null,
    error: data === undefined ? (error ?? undefined) : undefined,
    retry,
  };
}
