import type { JobTopicData, RunTopicData } from '../shared/contract/events.ts';
import type { JobView } from '../shared/contract/methods/jobs.ts';
import type { RunSummary } from '../shared/contract/methods/runs.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import { isLive } from '../shared/domain/run-state.ts';
import { jobProgressText, runProgressText } from './progress-text.ts';
import type { StudioClient } from './studio-session.ts';
import type { Terminal } from './terminal.ts';

export type FollowedEvent = Readonly<{ seq: number; t: number; type: string; data: unknown }>;

type TopicFailure = Readonly<{
  kind: 'error';
  error: Readonly<{ code: string; params: Record<string, unknown> }>;
}>;

/** Follows a job to its end. `onEvent` sees every event once, in order. */
export const followJob = (
  client: StudioClient,
  jobId: string,
  onEvent: (event: FollowedEvent) => void,
): Promise<JobView> =>
  new Promise((resolve, reject) => {
    let lastSeq = 0;
    let done = false;
    const finish = (settle: () => void): void => {
      if (done) return;
      done = true;
      // The subscription may still be on its way back from `subscribe`.
      queueMicrotask(() => subscription.dispose());
      settle();
    };
    const subscription = client.subscribe(
      `job.${jobId}`,
      ({ data }) => {
        const frame = data as JobTopicData | TopicFailure;
        if (frame.kind === 'error') {
          finish(() => reject(new StudioError(frame.error.code, frame.error.params)));
        } else if (frame.kind === 'events') {
          for (const event of frame.events) {
            if (event.seq <= lastSeq) continue;
            lastSeq = event.seq;
            onEvent(event);
          }
        } else if (!isLive(frame.job.state)) {
          finish(() => resolve(frame.job));
        }
      },
      0,
    );
  });

/** Follows a service job, draws its progress, and returns its result. Throws the job's own error. */
export const followServiceJob = async (
  client: StudioClient,
  jobId: string,
  terminal: Terminal,
): Promise<Readonly<Record<string, unknown>>> => {
  let phase = '';
  let result: Readonly<Record<string, unknown>> = {};
  const job = await followJob(client, jobId, (event) => {
    if (event.type === 'phase') phase = (event.data as { name: string }).name;
    if (event.type === 'result') result = event.data as Record<string, unknown>;
    if (event.type === 'warning') terminal.warn((event.data as { message: string }).message);
    if (event.type === 'progress') {
      const progress = event.data as {
        done: number;
        total: number | null;
        unit: string;
        etaMs: number | null;
      };
      terminal.progress(jobProgressText(phase, progress, terminal.language));
    }
  });
  if (job.state !== 'done') throw jobFailure(job, result);
  return { ...job.result, ...result };
};

/** The error of a job that did not end well; its partial result travels in the params. */
const jobFailure = (job: JobView, result: Readonly<Record<string, unknown>> = {}): StudioError => {
  if (job.error === undefined) return new StudioError('job.interrupted', { jobId: job.id, state: job.state });
  const options = job.error.detail === undefined ? {} : { detail: job.error.detail };
  return new StudioError(job.error.code, { ...result, ...job.error.params }, options);
};

/** Follows a run until it is no longer live, drawing the progress line. */
export const followRun = (client: StudioClient, runId: string, terminal: Terminal): Promise<RunSummary> =>
  new Promise((resolve, reject) => {
    const subscription = client.subscribe(`run.${runId}`, ({ data }) => {
      const frame = data as RunTopicData | TopicFailure;
      if (frame.kind === 'error') {
        queueMicrotask(() => subscription.dispose());
        reject(new StudioError(frame.error.code, frame.error.params));
        return;
      }
      if (isLive(frame.run.state)) {
        if (frame.run.step > 0) terminal.progress(runProgressText(frame.run, terminal.language));
        return;
      }
      queueMicrotask(() => subscription.dispose());
      resolve(frame.run);
    });
  });
