import { useState } from 'react';

import type { JobView } from '../../electron/shared/contract/methods/jobs.ts';
import { isLive } from '../../electron/shared/domain/run-state.ts';
import type { JobEventData } from '../../electron/shared/protocol/events.ts';
import { useTopic } from './hooks.ts';

export type FollowedJob = Readonly<{
  /** Undefined until the first word of the job. */
  job: JobView | undefined;
  progress: JobEventData<'progress'> | undefined;
  hasEnded: boolean;
}>;

type Known = Readonly<{ jobId: string; job?: JobView; progress?: JobEventData<'progress'> }>;

/** Follows a job to its end; `onEnd` is called once for every end that is seen. */
export function useJob(jobId: string | undefined, onEnd?: (job: JobView) => void): FollowedJob {
  const [known, setKnown] = useState<Known>();
  useTopic(jobId === undefined ? undefined : `job.${jobId}`, (frame) => {
    if (jobId === undefined) return;
    if (frame.kind === 'events') {
      const last = frame.events.findLast((event) => event.type === 'progress');
      if (last === undefined) return;
      const progress = last.data as JobEventData<'progress'>;
      setKnown((before) => ({ ...(before?.jobId === jobId ? before : { jobId }), progress }));
      return;
    }
    const { job } = frame;
    setKnown((before) => ({ ...(before?.jobId === jobId ? before : { jobId }), job }));
    if (!isLive(job.state)) onEnd?.(job);
  });
  const current = known !== undefined && known.jobId === jobId ? known : undefined;
  return {
    job: current?.job,
    progress: current?.progress,
    hasEnded: current?.job !== undefined && !isLive(current.job.state),
  };
}
