import { useEffect } from 'react';

import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { useCall } from '../../api/hooks.ts';
import { setReferenceRun, useReferenceRun } from '../../state/reference-runs.ts';
import type { StepRange } from '../../ui/line-chart/chart-series.ts';
import type { Curve } from './carry-on.ts';

export type Reference = Readonly<{
  id: string | undefined;
  /** Undefined until it is known, and where there is none. */
  run: Readonly<{ id: string; name: string; step: number }> | undefined;
  curve: Curve | undefined;
}>;

const MOST_POINTS = 400;
/** While the reference itself is training. */
const REFETCH_MS = 5000;

/** The run that was chosen as reference for a run, and its loss in a range of steps. */
export function useReference(runId: string, range: StepRange, smoothing: number): Reference {
  const id = useReferenceRun(runId);
  const show = useCall('runs.show', id === undefined ? undefined : { run: id });
  const lives = show.data !== undefined && isLive(show.data.state);
  const { data } = useCall(
    'metrics.query',
    id === undefined ? undefined : { run: id, keys: ['loss'], ...range, maxPoints: MOST_POINTS, smoothing },
    { keepPrevious: true, ...(lives ? { refetchIntervalMs: REFETCH_MS } : {}) },
  );
  const isGone = show.error?.code === 'core.not_found';
  useEffect(() => {
    // A run that was removed is nobody's reference any more.
    if (isGone) setReferenceRun(runId, undefined);
  }, [isGone, runId]);
  // What is on the screen while another reference is asked for belongs to the former one.
  const isKnown = id !== undefined && show.data?.id === id;
  return { id, run: isKnown ? show.data : undefined, curve: isKnown ? data?.series[0] : undefined };
}
