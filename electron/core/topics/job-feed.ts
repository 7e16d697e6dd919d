import type { Disposable } from '../../shared/contract/disposable.ts';
import { RUN_FRAME_INTERVAL_MS, type JobTopicData } from '../../shared/contract/events.ts';
import type { JobListener, JobRecord } from '../jobs/job-record.ts';
import type { JobEvent } from '../../shared/protocol/events.ts';
import type { Clock } from '../ports.ts';
import { toJobView } from './job-view.ts';
import type { TopicBoard } from './topic-board.ts';

export type JobFeedSource = Readonly<{
  onUpdate(listener: JobListener): Disposable;
  find(jobId: string): JobRecord | undefined;
}>;

/** Publishes the topics `job.<id>`: events in frames of a quarter second, and every change of state at once. */
export function createJobFeed(jobs: JobFeedSource, board: TopicBoard, clock: Clock): Disposable {
  const waiting = new Map<string, JobEvent[]>();
  let timer: Disposable | undefined;
  const publish = (jobId: string, data: JobTopicData): void => board.publish(`job.${jobId}`, data);

  board.provide('job', (id) => {
    const job = jobs.find(id);
    return job === undefined ? undefined : { kind: 'snapshot', job: toJobView(job) };
  });

  const flush = (jobId: string): void => {
    const events = waiting.get(jobId);
    waiting.delete(jobId);
    if (events === undefined) return;
    publish(jobId, {
      kind: 'events',
      events: events.map(({ seq, t, type, data }) => ({ seq, t, type, data })),
    });
  };

  const listening = jobs.onUpdate((update) => {
    const { id } = update.job;
    if (update.kind === 'events') {
      waiting.set(id, [...(waiting.get(id) ?? []), ...update.events]);
      timer ??= clock.after(RUN_FRAME_INTERVAL_MS, () => {
        timer = undefined;
        for (const jobId of [...waiting.keys()]) flush(jobId);
      });
      return;
    }
    // The last events come before the end, or a follower that leaves at the end would miss them.
    flush(id);
    publish(id, { kind: 'state', job: toJobView(update.job) });
  });

  return {
    dispose: () => {
      listening.dispose();
      timer?.dispose();
      waiting.clear();
    },
  };
}
