import { EXIT_CODES } from '../protocol/exit-codes.ts';

/** What a job is doing, as a person sees it. */
export const JOB_STATES = [
  'starting',
  'running',
  'stopping',
  'done',
  'stopped',
  'failed',
  'interrupted',
] as const;

export type JobState = (typeof JOB_STATES)[number];

/** A run is what its newest job is, but for the time it waits in the queue, when it has none to follow. */
export const RUN_STATES = ['queued', ...JOB_STATES] as const;

export type RunState = (typeof RUN_STATES)[number];

/** What the core learns about a job. Facts may come late, twice or not at all. */
export type JobFact =
  /** The event `started`, or a heartbeat that is the job's own. */
  | Readonly<{ kind: 'started' }>
  /** A person asked it to stop. */
  | Readonly<{ kind: 'stop-requested' }>
  /** The event `ended`. */
  | Readonly<{ kind: 'ended'; status: 'done' | 'stopped' | 'failed'; exitCode: number }>
  /** The process could not be created. */
  | Readonly<{ kind: 'launch-failed' }>
  /** Our child is gone without `ended`: the system told us how. */
  | Readonly<{ kind: 'exited'; exitCode: number | undefined; signal: string | undefined; reported: boolean }>
  /** A runner that is not our child is gone without `ended`; nobody knows how. `reported`: it wrote `error`. */
  | Readonly<{ kind: 'vanished'; reported: boolean }>;

/** Signals by which a machine or a person ends a healthy process; the others are the mark of a defect. */
const OUTSIDE_SIGNALS: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGBREAK']);

/** A live run has a process that may still report; only such a run can be stopped. */
export function isLive(state: RunState): boolean {
  return state === 'starting' || state === 'running' || state === 'stopping';
}

/** Whether a person may ask for a new attempt: everything that ended before its last step. */
export function isResumable(state: RunState): boolean {
  return state === 'stopped' || state === 'failed' || state === 'interrupted';
}

/**
 * The state after a fact. Total: a fact that says nothing new leaves the state as it is, and nothing leaves
 * a state that is not live, so that replaying an event file changes no history.
 */
export function nextJobState(state: JobState, fact: JobFact): JobState {
  if (!isLive(state)) return state;
  switch (fact.kind) {
    case 'started':
      return state === 'starting' ? 'running' : state;
    case 'stop-requested':
      return 'stopping';
    case 'launch-failed':
      return 'failed';
    case 'ended':
      return afterEnded(state, fact.status, fact.exitCode);
    case 'exited':
      return afterExit(state, fact.exitCode, fact.signal, fact.reported);
    case 'vanished':
      if (fact.reported) return 'failed';
      return state === 'stopping' ? 'stopped' : 'interrupted';
  }
}

function afterEnded(state: JobState, status: 'done' | 'stopped' | 'failed', exitCode: number): JobState {
  // A signal or a vanished core made it save and leave; nobody decided that the run should stop.
  if (status === 'stopped' && exitCode === EXIT_CODES.resumable && state !== 'stopping') return 'interrupted';
  return status;
}

function afterExit(
  state: JobState,
  exitCode: number | undefined,
  signal: string | undefined,
  reported: boolean,
): JobState {
  if (reported) return 'failed';
  // The last rung of the stop ladder ends a job that did not answer: that is a stop, not an accident.
  if (state === 'stopping') return 'stopped';
  if (signal !== undefined) return OUTSIDE_SIGNALS.has(signal) ? 'interrupted' : 'failed';
  if (exitCode === EXIT_CODES.stopped) return 'stopped';
  if (exitCode === EXIT_CODES.resumable || exitCode === undefined) return 'interrupted';
  // Exit code 0 without the event `ended` included: what it did is unknown.
  return 'failed';
}
