import type { ErrorBody } from '../../shared/contract/studio-error.ts';
import type { JobState } from '../../shared/domain/run-state.ts';
import type { JobEvent } from '../../shared/protocol/events.ts';
import type { JobKind, JobSpec } from '../../shared/protocol/job-spec.ts';
import type { ProcessIdentity } from '../ports.ts';

/** A job as the database knows it. */
export type JobRecord = Readonly<{
  id: string;
  kind: JobKind;
  /** The job folder, absolute. */
  dir: string;
  spec: JobSpec;
  nonce: string;
  /** A detached job survives the core; the others are ended with it. */
  detached: boolean;
  state: JobState;
  createdAtMs: number;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  stopRequestedAtMs: number | undefined;
  /** The process that was started, and after `started` the one that reports. */
  process: ProcessIdentity | undefined;
  exitCode: number | undefined;
  exitSignal: string | undefined;
  error: ErrorBody | undefined;
  result: Readonly<Record<string, unknown>> | undefined;
  tail: TailPosition;
}>;

/** How far `events.ndjson` is stored. Moves only in the transaction that stores the events before it. */
export type TailPosition = Readonly<{
  offsetBytes: number;
  seq: number;
  /** Device and inode of the file the offset belongs to. */
  fileIdentity: string | undefined;
  /** `complete`: `ended` is stored. `broken`: the file broke the protocol, and is not read on. */
  status: 'open' | 'complete' | 'broken';
}>;

/**
 * Turns events into rows of a domain (runs, metrics …). Called inside the transaction that stores the events
 * and the file offset, with the events of one read in their order and the job as it is after them; each event is
 * told once. What it throws rolls the transaction back and stops the tail.
 */
export type JobProjector = Readonly<{
  project(job: JobRecord, events: readonly JobEvent[]): void;
  /** The state, error or exit of the job changed. Called inside the transaction that stores the change. */
  stateChanged?(job: JobRecord): void;
}>;

/** What listeners hear, after the commit. */
export type JobUpdate =
  | Readonly<{ kind: 'events'; job: JobRecord; events: readonly JobEvent[] }>
  | Readonly<{ kind: 'state'; job: JobRecord }>;

export type JobListener = (update: JobUpdate) => void;

/** How a job ended, with every event it wrote already stored. */
export type JobExit = Readonly<{ job: JobRecord }>;
