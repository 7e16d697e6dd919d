import { useState } from 'react';

import { useQueryClient, type UseQueryResult } from '@tanstack/react-query';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { useCall, useTopic, type OutputOf } from '../../api/hooks.ts';
import type { StepRange } from '../../ui/line-chart/chart-series.ts';

export type CurveAnswer = OutputOf<'metrics.query'>;
export type CurveQuestion = Readonly<{
  keys: readonly string[];
  smoothing: number;
  range: StepRange | undefined;
}>;

/** Points a curve: what a chart of 1,200 px shows of each of four. */
const MOST_POINTS = 400;
/** How often a run that goes on is asked for its curves; one that has ended is asked once. */
const REFETCH_MS = 3000;

/** The runs of a comparison; there are four places, and a place without a run asks nothing. */
export function useRunDetails(ids: readonly string[]): readonly UseQueryResult<RunDetail, StudioError>[] {
  const live = useLiveAmong(ids);
  const places = [
    useDetail(ids[0], live),
    useDetail(ids[1], live),
    useDetail(ids[2], live),
    useDetail(ids[3], live),
  ];
  return places.slice(0, ids.length);
}

export type ComparedCurves = Readonly<{
  answers: readonly (CurveAnswer | undefined)[];
  /** The range that the curves were asked for with; an earlier one until all of them are answered. */
  range: StepRange | undefined;
}>;

/** The curves of a comparison. The answers to a new question are shown together: one drawing, not one for each. */
export function useRunCurves(ids: readonly string[], question: CurveQuestion): ComparedCurves {
  const live = useLiveAmong(ids);
  const places = [
    useCurvesOf(ids[0], question, live),
    useCurvesOf(ids[1], question, live),
    useCurvesOf(ids[2], question, live),
    useCurvesOf(ids[3], question, live),
  ].slice(0, ids.length);
  const now: ComparedCurves = { answers: places.map((place) => place.data), range: question.range };
  const [shown, setShown] = useState(now);
  const isOther = shown.answers.length !== now.answers.length;
  const isAnswered = places.every((place) => !place.isPlaceholderData && !place.isPending);
  const isChanged = shown.range !== now.range || now.answers.some((one, at) => one !== shown.answers[at]);
  if (isChanged && (isAnswered || isOther)) setShown(now);
  return shown;
}

type Ids = ReadonlySet<string>;

/** Which of the runs have a process now. When one ends, everything about it is asked for a last time. */
function useLiveAmong(ids: readonly string[]): Ids {
  const [live, setLive] = useState<Ids>(new Set());
  const queries = useQueryClient();
  useTopic('runs', (frame) => {
    const now = new Set(live);
    if (frame.kind === 'snapshot') {
      now.clear();
      for (const run of frame.live) now.add(run.id);
    } else if (frame.kind === 'changed' && isLive(frame.run.state)) now.add(frame.run.id);
    else now.delete(frame.kind === 'changed' ? frame.run.id : frame.runId);
    const ended = ids.filter((id) => live.has(id) && !now.has(id));
    for (const run of ended) {
      void queries.invalidateQueries({ queryKey: ['runs', 'runs.show', { run }] });
      void queries.invalidateQueries({
        predicate: ({ queryKey: [, method, input] }) =>
          method === 'metrics.query' && (input as Readonly<{ run?: string }> | undefined)?.run === run,
      });
    }
    const isSame = now.size === live.size && [...now].every((id) => live.has(id));
    if (!isSame) setLive(now);
  });
  return live;
}

function useDetail(id: string | undefined, live: Ids): UseQueryResult<RunDetail, StudioError> {
  return useCall('runs.show', id === undefined ? undefined : { run: id }, whileLive(id, live));
}

function useCurvesOf(
  id: string | undefined,
  { keys, smoothing, range }: CurveQuestion,
  live: Ids,
): UseQueryResult<CurveAnswer, StudioError> {
  const input =
    id === undefined ? undefined : { run: id, keys: [...keys], smoothing, maxPoints: MOST_POINTS, ...range };
  return useCall('metrics.query', input, { keepPrevious: true, ...whileLive(id, live) });
}

const whileLive = (id: string | undefined, live: Ids): { refetchIntervalMs?: number } =>
  id !== undefined && live.has(id) ? { refetchIntervalMs: REFETCH_MS } : {};
