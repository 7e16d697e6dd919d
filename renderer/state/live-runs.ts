import { create } from 'zustand';

import type { RunSummary } from '../../electron/shared/contract/methods/runs.ts';
import type { RunsTopicData } from '../../electron/shared/contract/events.ts';
import { isLive } from '../../electron/shared/domain/run-state.ts';

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

export type EndedRuns = Readonly<{
  known: readonly RunSummary[];
  /** Ids of runs that a later snapshot no longer lists; how they ended must be asked. */
  unseen: readonly string[];
}>;

/** Runs that were live before the frame and are so no more. */
export function endedBy(runs: readonly RunSummary[], frame: RunsTopicData): EndedRuns {
  switch (frame.kind) {
    case 'removed':
      return { known: [], unseen: [] };
    case 'changed': {
      const wasLive = runs.some((one) => one.id === frame.run.id);
      return { known: wasLive && !isLive(frame.run.state) ? [frame.run] : [], unseen: [] };
    }
    case 'snapshot': {
      const still = new Set(frame.live.map((run) => run.id));
      return { known: [], unseen: runs.map((run) => run.id).filter((id) => !still.has(id)) };
    }
  }
}

export const applyRunsFrame = (frame: RunsTopicData): EndedRuns => {
  const { runs } = useStore.getState();
  useStore.setState({ runs: liveAfter(runs, frame) });
  return endedBy(runs, frame);
};
