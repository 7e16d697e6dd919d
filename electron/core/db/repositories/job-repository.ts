import type Database from 'better-sqlite3';

import type { ErrorBody } from '../../../shared/contract/studio-error.ts';
import type { JobState } from '../../../shared/domain/run-state.ts';
import type { JobEvent } from '../../../shared/protocol/events.ts';
import type { JobKind, JobSpec } from '../../../shared/protocol/job-spec.ts';
import type { JobRecord, TailPosition } from '../../jobs/job-record.ts';

type JobRow = Readonly<{
  id: string;
  kind: string;
  dir: string;
  spec: string;
  nonce: string;
  detached: number;
  state: string;
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  stop_requested_at_ms: number | null;
  pid: number | null;
  os_start_time: string | null;
  boot_id: string | null;
  exit_code: number | null;
  exit_signal: string | null;
  error_code: string | null;
  error_params: string | null;
  error_detail: string | null;
  result: string | null;
  event_offset: number;
  event_seq: number;
  event_file_identity: string | null;
  tail: string;
}>;

type EventRow = Readonly<{ seq: number; at_ms: number; type: string; data: string }>;

/** A stored event; one of an unknown type is not stored. */
export type StoredJobEvent = Readonly<{ seq: number; t: number; type: string; data: unknown }>;

/** Rows one statement stores: further ones gain nothing. */
const EVENTS_A_STATEMENT = 32;

/** The only SQL on `jobs` and `job_events`. */
export class JobRepository {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #update: Database.Statement;
  readonly #byId: Database.Statement<[string], JobRow>;
  readonly #live: Database.Statement<[], JobRow>;
  readonly #insertEvent: Database.Statement;
  readonly #insertEvents: Database.Statement;
  readonly #lastSeq: Database.Statement<[string], number>;
  readonly #moveTail: Database.Statement;
  readonly #eventsAfter: Database.Statement<[string, number, number], EventRow>;
  readonly #notesAfter: Database.Statement<[string, number, number], EventRow>;
  readonly #ended: Database.Statement<[string], JobRow>;
  readonly #remove: Database.Statement<[string]>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#insert = db.prepare(`
      INSERT INTO jobs (id, kind, dir, spec, nonce, detached, state, created_at_ms)
      VALUES (@id, @kind, @dir, @spec, @nonce, @detached, @state, @createdAtMs)`);
    this.#update = db.prepare(`
      UPDATE jobs SET state = @state, started_at_ms = @startedAtMs, ended_at_ms = @endedAtMs,
        stop_requested_at_ms = @stopRequestedAtMs, pid = @pid, os_start_time = @osStartTime,
        boot_id = @bootId, exit_code = @exitCode, exit_signal = @exitSignal, error_code = @errorCode,
        error_params = @errorParams, error_detail = @errorDetail, result = @result
      WHERE id = @id`);
    this.#byId = db.prepare('SELECT * FROM jobs WHERE id = ?');
    this.#live = db.prepare(
      `SELECT * FROM jobs WHERE state IN ('starting', 'running', 'stopping') ORDER BY created_at_ms, id`,
    );
    const insertEvents = (rows: number): string =>
      `INSERT INTO job_events (job_id, seq, at_ms, type, data)
       VALUES ${Array(rows).fill('(?, ?, ?, ?, ?)').join(', ')}`;
    this.#insertEvent = db.prepare(insertEvents(1));
    this.#insertEvents = db.prepare(insertEvents(EVENTS_A_STATEMENT));
    this.#lastSeq = db.prepare<[string], number>('SELECT max(seq) FROM job_events WHERE job_id = ?');
    this.#lastSeq.pluck(true);
    this.#moveTail = db.prepare(`
      UPDATE jobs SET event_offset = ?, event_seq = ?, event_file_identity = ?, tail = ? WHERE id = ?`);
    this.#eventsAfter = db.prepare(`
      SELECT seq, at_ms, type, data FROM job_events WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
    // The condition is that of the index `job_events_of_note`, word for word.
    this.#notesAfter = db.prepare(`
      SELECT seq, at_ms, type, data FROM job_events
      WHERE job_id = ? AND seq > ? AND type NOT IN ('step', 'progress') ORDER BY seq LIMIT ?`);
    this.#ended = db.prepare(
      `SELECT * FROM jobs WHERE kind = ? AND state NOT IN ('starting', 'running', 'stopping')`,
    );
    this.#remove = db.prepare('DELETE FROM jobs WHERE id = ?');
  }

  /** Runs `work` in one transaction (nested calls join the outer one). */
  transaction<Result>(work: () => Result): Result {
    return this.#db.transaction(work)();
  }

  insert(job: Pick<JobRecord, 'id' | 'kind' | 'dir' | 'spec' | 'nonce' | 'detached' | 'createdAtMs'>): void {
    this.#insert.run({
      id: job.id,
      kind: job.kind,
      dir: job.dir,
      spec: JSON.stringify(job.spec),
      nonce: job.nonce,
      detached: job.detached ? 1 : 0,
      state: 'starting',
      createdAtMs: job.createdAtMs,
    });
  }

  /** Stores everything of a record that changes during its life, except how far its events are stored. */
  update(job: JobRecord): void {
    this.#update.run({
      id: job.id,
      state: job.state,
      startedAtMs: job.startedAtMs ?? null,
      endedAtMs: job.endedAtMs ?? null,
      stopRequestedAtMs: job.stopRequestedAtMs ?? null,
      pid: job.process?.pid ?? null,
      osStartTime: job.process?.osStartTime ?? null,
      bootId: job.process?.bootId ?? null,
      exitCode: job.exitCode ?? null,
      exitSignal: job.exitSignal ?? null,
      errorCode: job.error?.code ?? null,
      errorParams: job.error === undefined ? null : JSON.stringify(job.error.params),
      errorDetail: job.error?.detail ?? null,
      result: job.result === undefined ? null : JSON.stringify(job.result),
    });
  }

  find(id: string): JobRecord | undefined {
    const row = this.#byId.get(id);
    return row === undefined ? undefined : toRecord(row);
  }

  /** Jobs that had a process when they were last looked at, oldest first. */
  live(): readonly JobRecord[] {
    return this.#live.all().map(toRecord);
  }

  /** Jobs of one kind that are over. */
  ended(kind: JobKind): readonly JobRecord[] {
    return this.#ended.all(kind).map(toRecord);
  }

  /** Stores events in ascending order and returns those that were not stored before: replay is harmless. */
  insertEvents(jobId: string, events: readonly JobEvent[]): readonly JobEvent[] {
    const lastSeq = this.#lastSeq.get(jobId) ?? 0;
    const fresh = events.filter((event) => event.seq > lastSeq);
    let at = 0;
    for (; at + EVENTS_A_STATEMENT <= fresh.length; at += EVENTS_A_STATEMENT) {
      const values: (string | number)[] = [];
      for (const { seq, t, type, data } of fresh.slice(at, at + EVENTS_A_STATEMENT)) {
        values.push(jobId, seq, t, type, JSON.stringify(data));
      }
      this.#insertEvents.run(values);
    }
    for (const { seq, t, type, data } of fresh.slice(at)) {
      this.#insertEvent.run(jobId, seq, t, type, JSON.stringify(data));
    }
    return fresh;
  }

  moveTail(jobId: string, tail: TailPosition): void {
    this.#moveTail.run(tail.offsetBytes, tail.seq, tail.fileIdentity ?? null, tail.status, jobId);
  }

  /** Stored events with `seq` above `after`, oldest first. */
  eventsAfter(jobId: string, after: number, limit: number): readonly StoredJobEvent[] {
    return this.#eventsAfter.all(jobId, after, limit).map(toStoredEvent);
  }

  /** The same without steps and progress, however many of those lie between. */
  notesAfter(jobId: string, after: number, limit: number): readonly StoredJobEvent[] {
    return this.#notesAfter.all(jobId, after, limit).map(toStoredEvent);
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}

function toStoredEvent(row: EventRow): StoredJobEvent {
  return { seq: row.seq, t: row.at_ms, type: row.type, data: JSON.parse(row.data) as unknown };
}

function toRecord(row: JobRow): JobRecord {
  return {
    id: row.id,
    kind: row.kind as JobKind,
    dir: row.dir,
    spec: JSON.parse(row.spec) as JobSpec,
    nonce: row.nonce,
    detached: row.detached === 1,
    state: row.state as JobState,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms ?? undefined,
    endedAtMs: row.ended_at_ms ?? undefined,
    stopRequestedAtMs: row.stop_requested_at_ms ?? undefined,
    process:
      row.pid === null
        ? undefined
        : { pid: row.pid, osStartTime: row.os_start_time ?? '', bootId: row.boot_id ?? '' },
    exitCode: row.exit_code ?? undefined,
    exitSignal: row.exit_signal ?? undefined,
    error: toError(row),
    result: row.result === null ? undefined : (JSON.parse(row.result) as Record<string, unknown>),
    tail: {
      offsetBytes: row.event_offset,
      seq: row.event_seq,
      fileIdentity: row.event_file_identity ?? undefined,
      status: row.tail as TailPosition['status'],
    },
  };
}

function toError(row: JobRow): ErrorBody | undefined {
  if (row.error_code === null) return undefined;
  return {
    code: row.error_code,
    params: JSON.parse(row.error_params ?? '{}') as Record<string, unknown>,
    ...(row.error_detail === null ? {} : { detail: row.error_detail }),
  };
}
