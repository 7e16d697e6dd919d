import { useEffect, useRef, useState } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import { useCall, useTopic } from '../../api/hooks.ts';
import { applyRunFrame, type LiveRun } from './run-frames.ts';

export type FollowedRun = Readonly<{
  /** What changes rarely: recipe, plan, device, attempts. */
  detail: RunDetail | undefined;
  live: LiveRun | undefined;
  error: StudioError | null;
  retry: () => void;
}>;

/** A run while it goes on. A reload and a dropped socket are the same to it: a snapshot, then what follows. */
export function useRun(id: string): FollowedRun {
  const [live, setLive] = useState<LiveRun | undefined>(undefined);
  const { data, error, refetch } = useCall('runs.show', { run: id });
  useTopic(`run.${id}`, (frame) => {
    // A topic that does not exist answers with an error in place of a frame.
    if (typeof frame !== 'object' || !('kind' in frame)) return;
    setLive((known) => applyRunFrame(known, frame, Date.now()));
  });
  const mark =
    live === undefined
      ? undefined
      : `${live.run.state} ${String(live.run.attempts)} ${String(live.run.steps)}`;
  const seen = useRef(mark);
  useEffect(() => {
    if (seen.current !== undefined && mark !== seen.current) void refetch();
    seen.current = mark;
  }, [mark, refetch]);
  return { detail: data, live, error, retry: () => void refetch() };
}
