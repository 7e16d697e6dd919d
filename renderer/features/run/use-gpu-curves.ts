import { useMemo } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { MetricSeries } from '../../../electron/shared/contract/methods/metrics.ts';
import { useCall } from '../../api/hooks.ts';
import type { StepRange } from '../../ui/line-chart/chart-series.ts';

/** What the core stores of each card (core/runs/run-telemetry). */
export const GPU_FIGURES = ['memoryBytes', 'utilisation', 'temperature', 'power'] as const;
export type GpuFigure = (typeof GPU_FIGURES)[number];

/** A question takes 32 keys: four figures of eight cards. The largest machines have sixteen. */
const CARDS_A_QUESTION = 8;
const MOST_POINTS = 400;
/** Cards are sampled as often. */
const REFRESH_MS = 5000;

export type CardCurves = Readonly<{ index: number; figures: Readonly<Record<GpuFigure, MetricSeries>> }>;

export type GpuCurves = Readonly<{
  /** Cards of which anything is stored; undefined until that is known. */
  cards: readonly CardCurves[] | undefined;
  error: StudioError | null;
  retry: () => void;
}>;

export const gpuKey = (index: number, figure: GpuFigure): string => `gpu.${String(index)}.${figure}`;

/** What the cards did during a run, live and afterwards. */
export function useGpuCurves(run: string, isLive: boolean, range: StepRange | undefined): GpuCurves {
  const first = useCards(run, 0, isLive, range, true);
  const isFull = first.cards?.length === CARDS_A_QUESTION;
  const second = useCards(run, CARDS_A_QUESTION, isLive, range, isFull);
  // A run's frames arrive four times a second; charts are drawn anew only when these figures change.
  const cards = useMemo(
    () => (first.cards === undefined ? undefined : [...first.cards, ...(second.cards ?? [])]),
    [first.cards, second.cards],
  );
  return {
    cards,
    error: first.error ?? second.error,
    retry: first.retry,
  };
}

function useCards(
  run: string,
  firstIndex: number,
  isLive: boolean,
  range: StepRange | undefined,
  enabled: boolean,
): GpuCurves {
  const indices = useMemo(
    () => Array.from({ length: CARDS_A_QUESTION }, (_, at) => firstIndex + at),
    [firstIndex],
  );
  const { data, error, refetch } = useCall(
    'metrics.query',
    {
      run,
      keys: indices.flatMap((index) => GPU_FIGURES.map((figure) => gpuKey(index, figure))),
      ...(range ?? {}),
      maxPoints: MOST_POINTS,
    },
    { enabled, keepPrevious: true, ...(isLive ? { refetchIntervalMs: REFRESH_MS } : {}) },
  );
  const cards = useMemo(
    () => data && indices.flatMap((index) => cardOf(index, data.series)),
    [data, indices],
  );
  return { cards, error, retry: () => void refetch() };
}

function cardOf(index: number, series: readonly MetricSeries[]): readonly CardCurves[] {
  const own = GPU_FIGURES.flatMap((figure) => {
    const found = series.find(({ key }) => key === gpuKey(index, figure));
    return found === undefined ? [] : [[figure, found] as const];
  });
  if (own.every(([, { total }]) => total === 0)) return [];
  return [{ index, figures: Object.fromEntries(own) as CardCurves['figures'] }];
}
