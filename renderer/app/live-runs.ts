import { create } from 'zustand';

import type { RunSummary } from '../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../electron/shared/domain/run-state.ts';
import type { RunsTopicData } from '../../electron/shared/contract/events.ts';

type LiveRuns = Readonly<{ runs: readonly RunSummary[] }>;

const useStore = create<LiveRuns>()(() => ({ runs: [] }));

/** Runs that have a process now, oldest first. */
export const useLiveRuns = (): readonly RunSummary[] => useStore((state) => state.runs);

/** The live runs after a frame of the topic `runs`. */
export function liveAfter(runs: readonly RunSummary[], frame: RunsTopicData): readonly RunSummary[] {
  switch (frame.kind) {
    case 'snapshot':
      return frame.live;
    case 'removed':
      return runs.filter((run) => run.id !== frame.runId);
    case 'changed': {
      const { run } = frame;
      if (!isLive(run.state)) return runs.filter((one) => one.id !== run.id);
      return runs.some((one) => one.id === run.id)
        ? runs.map((one) => (one.id === run.id ? run : one))
        : [...runs, run];
    }
  }
}

/** Runs that were live and are so no more after the frame; their end is news. */
export function endedBy(runs: readonly RunSummary[], frame: RunsTopicData): RunSummary | undefined {
  if (frame.kind !== 'changed' || isLive(frame.run.state)) return undefined;
  return runs.some((one) => one.id === frame.run.id) ? frame.run : undefined;
}

export const applyRunsFrame = (frame: RunsTopicData): RunSummary | undefined => {
  const { runs } = useStore.getState();
  useStore.setState({ runs: liveAfter(runs, frame) });
  return endedBy(runs, frame);
};
