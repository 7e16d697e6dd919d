import path from 'node:path';

import type { ErrorBody } from '../../shared/contract/studio-error.ts';
import { isFrequentEvent, type JobEvent } from '../../shared/protocol/events.ts';
import type { JobRepository } from '../db/repositories/job-repository.ts';
import type { Redactor } from '../log/redactor.ts';
import { applyEvent } from './apply-event.ts';
import type { ReadResult } from './event-file.ts';
import { readLines } from './event-file.ts';
import { decodeEventLine, MAX_LINE_BYTES } from './event-line.ts';
import { JOB_FILES } from './job-folder.ts';
import type { JobLog } from './job-log.ts';
import type { JobProjector, JobRecord, TailPosition } from './job-record.ts';

export type TailerDeps = Readonly<{
  repository: JobRepository;
  projectors: readonly JobProjector[];
  log: JobLog;
  redactor: Redactor;
}>;

export type TailStep = Readonly<{
  job: JobRecord;
  /** Events that are stored now and were not before. */
  events: readonly JobEvent[];
  stateChanged: boolean;
  /** Whether another step now would find more. */
  more: boolean;
}>;

/** What a batch of lines comes to before anything is stored. */
type Batch = Readonly<{ events: readonly JobEvent[]; tail: TailPosition; error: ErrorBody | undefined }>;

/**
 * Stores the next events of a job, the rows the projectors make of them, and the new file offset in one
 * transaction: a core that dies at any moment has stored all of it or nothing.
 */
export class EventTailer {
  readonly #deps: TailerDeps;

  constructor(deps: TailerDeps) {
    this.#deps = deps;
  }

  /** One read and one transaction. Throws what the disk or the database throws; the offset then stands. */
  step(jobId: string): TailStep | undefined {
    const { repository } = this.#deps;
    const job = repository.find(jobId);
    if (job === undefined) return undefined;
    const nothing: TailStep = { job, events: [], stateChanged: false, more: false };
    if (job.tail.status !== 'open') return nothing;
    const read = readLines(path.join(job.dir, JOB_FILES.events), job.tail);
    if (read.kind === 'nothing') return nothing;
    const batch = this.#decode(job, read);
    try {
      return this.#store(job, batch, read.kind === 'lines' && read.more);
    } catch (error) {
      if (!(error instanceof ProjectionFailure)) throw error;
      return this.#stopReading(job, error);
    }
  }

  #decode(job: JobRecord, read: Exclude<ReadResult, { kind: 'nothing' }>): Batch {
    if (read.kind === 'replaced') {
      const error = { code: 'job.events_replaced', params: { reason: read.reason } };
      return { events: [], tail: { ...job.tail, status: 'broken' }, error };
    }
    let tail: TailPosition = { ...job.tail, fileIdentity: read.fileIdentity };
    if (read.kind === 'endless-line') {
      return broken([], tail, `a line is longer than ${MAX_LINE_BYTES} bytes`);
    }
    const events: JobEvent[] = [];
    for (const line of read.lines) {
      const decoded = decodeEventLine(line, tail.seq + 1);
      if (decoded.kind === 'violation') return broken(events, tail, decoded.reason);
      tail = { ...tail, seq: tail.seq + 1, offsetBytes: tail.offsetBytes + line.length + 1 };
      if (decoded.kind === 'unknown') {
        this.#deps.log.warn(
          { jobId: job.id, seq: decoded.seq, type: decoded.type },
          'unknown event left out',
        );
        continue;
      }
      const event = this.#clean(decoded.event);
      if (event.type === 'started' && event.data.nonce !== job.nonce && event.data.nonce !== '') {
        return broken(events, tail, 'the events are those of another job (nonce differs)');
      }
      events.push(event);
      if (event.type === 'ended') return { events, tail: { ...tail, status: 'complete' }, error: undefined };
    }
    return { events, tail, error: undefined };
  }

  /** The job's own side takes secrets out as well; a library of another language may have written past it. */
  #clean(event: JobEvent): JobEvent {
    return isFrequentEvent(event.type) ? event : this.#deps.redactor.value(event);
  }

  #store(before: JobRecord, batch: Batch, more: boolean): TailStep {
    const { repository } = this.#deps;
    let stored: readonly JobEvent[] = [];
    const job = repository.transaction(() => {
      let current: JobRecord = { ...before, tail: batch.tail };
      stored = repository.insertEvents(before.id, batch.events);
      for (const event of stored) current = applyEvent(current, event);
      if (stored.length > 0) this.#project(current, stored);
      if (batch.error !== undefined) current = { ...current, error: batch.error };
      repository.update(current);
      repository.moveTail(current.id, current.tail);
      if (isOtherState(before, current)) this.#projectState(current);
      return current;
    });
    return {
      job,
      events: stored,
      stateChanged: isOtherState(before, job),
      more: more && job.tail.status === 'open',
    };
  }

  /** A projector's defect: the offset stays, so that a mended studio takes the events in later. */
  #stopReading(before: JobRecord, failure: ProjectionFailure): TailStep {
    const { repository, log } = this.#deps;
    log.error({ jobId: before.id, error: failure.cause }, 'a projector failed');
    const error = { code: 'job.projection_failed', params: {}, detail: failure.message };
    const job: JobRecord = { ...before, error, tail: { ...before.tail, status: 'broken' } };
    repository.transaction(() => {
      repository.update(job);
      repository.moveTail(job.id, job.tail);
    });
    return { job, events: [], stateChanged: true, more: false };
  }

  #project(job: JobRecord, events: readonly JobEvent[]): void {
    for (const projector of this.#deps.projectors) guard(() => projector.project(job, events));
  }

  #projectState(job: JobRecord): void {
    for (const projector of this.#deps.projectors) guard(() => projector.stateChanged?.(job));
  }
}

/** Tells a defect of a projector from a failure of the disk, which is tried again. */
class ProjectionFailure extends Error {}

function guard(work: () => void): void {
  try {
    work();
  } catch (error) {
    // SQLITE_FULL, SQLITE_BUSY, SQLITE_IOERR …: nobody's defect, and nothing was stored.
    const code = (error as Readonly<{ code?: unknown }> | undefined)?.code;
    if (typeof code === 'string' && /^SQLITE_(FULL|BUSY|IOERR)/u.test(code)) throw error;
    throw new ProjectionFailure(error instanceof Error ? (error.stack ?? error.message) : String(error), {
      cause: error,
    });
  }
}

function broken(events: readonly JobEvent[], tail: TailPosition, reason: string): Batch {
  const error = { code: 'job.protocol_violation', params: { reason, offset: tail.offsetBytes } };
  return { events, tail: { ...tail, status: 'broken' }, error };
}

function isOtherState(before: JobRecord, after: JobRecord): boolean {
  return (
    before.state !== after.state ||
    before.error?.code !== after.error?.code ||
    before.exitCode !== after.exitCode ||
    before.result !== after.result
  );
}
