import type { UseQueryResult } from '@tanstack/react-query';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { useCall, type OutputOf } from '../../api/hooks.ts';
import type { StepRange } from '../../ui/line-chart/chart-series.ts';

export type CurveAnswer = OutputOf<'metrics.query'>;
export type CurveQuestion = Readonly<{
  keys: readonly string[];
  smoothing: number;
  range: StepRange | undefined;
}>;

/** Points a curve; the rows of four runs add up, as their decimated steps differ. */
const MOST_POINTS = 400;
const REFETCH_MS = 5000;

/** The runs of a comparison; there are four places, and a place without a run asks nothing. */
export function useRunDetails(ids: readonly string[]): readonly UseQueryResult<RunDetail, StudioError>[] {
  const places = [useDetail(ids[0]), useDetail(ids[1]), useDetail(ids[2]), useDetail(ids[3])];
  return places.slice(0, ids.length);
}

export function useRunCurves(
  ids: readonly string[],
  question: CurveQuestion,
): readonly (CurveAnswer | undefined)[] {
  const places = [
    useCurvesOf(ids[0], question),
    useCurvesOf(ids[1], question),
    useCurvesOf(ids[2], question),
    useCurvesOf(ids[3], question),
  ];
  return places.slice(0, ids.length);
}

function useDetail(id: string | undefined): UseQueryResult<RunDetail, StudioError> {
  return useCall('runs.show', id === undefined ? undefined : { run: id }, { refetchIntervalMs: REFETCH_MS });
}

function useCurvesOf(
  id: string | undefined,
  { keys, smoothing, range }: CurveQuestion,
): CurveAnswer | undefined {
  const input =
    id === undefined ? undefined : { run: id, keys: [...keys], smoothing, maxPoints: MOST_POINTS, ...range };
  return useCall('metrics.query', input, { keepPrevious: true, refetchIntervalMs: REFETCH_MS }).data;
}
