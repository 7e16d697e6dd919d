import type { Disposable } from '../../shared/contract/disposable.ts';
import { RUN_FRAME_INTERVAL_MS, type JobTopicData } from '../../shared/contract/events.ts';
import type { JobListener, JobRecord } from '../jobs/job-record.ts';
import { isFrequentEvent, type JobEvent } from '../../shared/protocol/events.ts';
import type { Clock } from '../ports.ts';
import { toJobView } from './job-view.ts';
import type { TopicBoard } from './topic-board.ts';

export type JobFeedSource = Readonly<{
  onUpdate(listener: JobListener): Disposable;
  find(jobId: string): JobRecord | undefined;
}>;

/**
 * Events of a frame; what is more is measurements nobody follows one by one, or a loop gone wild. A topic keeps 512
 * frames for those who come back: some 20 MB.
 */
const MOST_EVENTS_A_FRAME = 100;

type Waiting = Readonly<{ events: readonly JobEvent[]; leftOut: number }>;

/** Publishes the topics `job.<id>`: events in frames of a quarter second, and every change of state at once. */
export function createJobFeed(jobs: JobFeedSource, board: TopicBoard, clock: Clock): Disposable {
  const waiting = new Map<string, Waiting>();
  let timer: Disposable | undefined;
  const publish = (jobId: string, data: JobTopicData): void => board.publish(`job.${jobId}`, data);

  board.provide('job', (id) => {
    const job = jobs.find(id);
    return job === undefined ? undefined : { kind: 'snapshot', job: toJobView(job) };
  });

  const flush = (jobId: string): void => {
    const part = waiting.get(jobId);
    waiting.delete(jobId);
    if (part === undefined) return;
    publish(jobId, {
      kind: 'events',
      events: part.events.map(({ seq, t, type, data }) => ({ seq, t, type, data })),
      ...(part.leftOut === 0 ? {} : { leftOut: part.leftOut }),
    });
  };

  const listening = jobs.onUpdate((update) => {
    const { id } = update.job;
    if (update.kind === 'events') {
      waiting.set(id, joined(waiting.get(id), update.events));
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

/** What waits and what came, of which the news are kept before the measurements, and the newest before older ones. */
function joined(waiting: Waiting | undefined, fresh: readonly JobEvent[]): Waiting {
  const all = [...(waiting?.events ?? []), ...fresh];
  const leftOut = waiting?.leftOut ?? 0;
  if (all.length <= MOST_EVENTS_A_FRAME) return { events: all, leftOut };
  const news = all.filter((event) => !isFrequentEvent(event.type)).slice(-MOST_EVENTS_A_FRAME);
  const room = MOST_EVENTS_A_FRAME - news.length;
  const measured = room === 0 ? [] : all.filter((event) => isFrequentEvent(event.type)).slice(-room);
  const events = [...news, ...measured].sort((left, right) => left.seq - right.seq);
  return { events, leftOut: leftOut + all.length - events.length };
}
