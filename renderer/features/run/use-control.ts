import { useState } from 'react';

import type { ControlDone } from '../../../electron/shared/contract/events.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { useAction } from '../../api/hooks.ts';
import type { LiveRun } from './run-frames.ts';

export type Control = Readonly<{
  ask: () => void;
  /** The request is on its way or waits for the step that is under way. */
  isWaiting: boolean;
  /** It was carried out. */
  done: ControlDone | undefined;
  error: StudioError | null;
}>;

/** A request to a live run, followed until the run says that it has carried it out. */
export function useControl(
  method: 'runs.saveNow' | 'runs.sampleNow',
  runId: string,
  live: LiveRun | undefined,
): Control {
  const action = useAction(method);
  const [askedAt, setAskedAt] = useState<number | undefined>(undefined);
  const controlId = action.data?.controlId;
  const done = live?.controlsDone.find((one) => one.id === controlId);
  // A new snapshot came between: whether it was carried out is to be seen in what the snapshot brought.
  const isFollowed = askedAt !== undefined && askedAt === live?.snapshots && isLive(live.run.state);
  return {
    ask: () => {
      setAskedAt(live?.snapshots);
      action.mutate({ run: runId });
    },
    isWaiting: action.isPending || (controlId !== undefined && done === undefined && isFollowed),
    done,
    error: action.error,
  };
}
