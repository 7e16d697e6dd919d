import type { Disposable } from '../../shared/contract/disposable.ts';
import { RUN_FRAME_INTERVAL_MS, type JobsTopicData } from '../../shared/contract/events.ts';
import type { LiveJob } from '../../shared/contract/methods/jobs.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import type { JobListener, JobRecord } from '../jobs/job-record.ts';
import type { Clock } from '../ports.ts';
import type { TopicBoard } from './topic-board.ts';

export type LiveJobsSource = Readonly<{
  onUpdate(listener: JobListener): Disposable;
  live(): readonly JobRecord[];
}>;

/** What a person calls a job's work; undefined for jobs that have a place of their own (runs, chats). */
export type DescribeJob = (job: JobRecord) => Pick<LiveJob, 'kind' | 'name' | 'place'> | undefined;

/** Publishes the topic `jobs`: everything that computes besides runs, with its progress. */
export function createLiveJobsFeed(
  jobs: LiveJobsSource,
  describe: DescribeJob,
  board: TopicBoard,
  clock: Clock,
): Disposable {
  const progress = new Map<string, LiveJob['progress']>();
  let timer: Disposable | undefined;

  const view = (): JobsTopicData => ({
    jobs: jobs.live().flatMap((job) => {
      const described = describe(job);
      if (described === undefined) return [];
      const known = progress.get(job.id);
      return [{ id: job.id, ...described, ...(known === undefined ? {} : { progress: known }) }];
    }),
  });
  const publish = (): void => {
    timer?.dispose();
    timer = undefined;
    board.publish('jobs', view());
  };
  board.provide('jobs', (id) => (id === '' ? view() : undefined));

  const listening = jobs.onUpdate((update) => {
    const { job } = update;
    if (describe(job) === undefined) return;
    if (update.kind === 'state') {
      if (!isLive(job.state)) progress.delete(job.id);
      publish();
      return;
    }
    const last = update.events.findLast((event) => event.type === 'progress');
    if (last?.type !== 'progress') return;
    progress.set(job.id, last.data);
    timer ??= clock.after(RUN_FRAME_INTERVAL_MS, publish);
  });

  return {
    dispose: () => {
      listening.dispose();
      timer?.dispose();
      progress.clear();
    },
  };
}
