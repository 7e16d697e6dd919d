import { setImmediate as yieldToLoop } from 'node:timers/promises';

import { nextJobState } from '../../shared/domain/run-state.ts';
import type { JobRepository } from '../db/repositories/job-repository.ts';
import type { Redactor } from '../log/redactor.ts';
import type { ProcessIdentity, ProcessPlatform } from '../ports.ts';
import type { EventTailer } from './event-tailer.ts';
import type { SilentExit } from './exit-error.ts';
import { silentExitError } from './exit-error.ts';
import type { JobLog } from './job-log.ts';
import type { JobProjector, JobRecord, JobUpdate } from './job-record.ts';
import { isStillAlive, ownRunner, readHeartbeat } from './liveness.ts';
import { readLogTail } from './log-tail.ts';
import type { LaunchedRunner } from './runner-launch.ts';
import { WakeTimer } from './wake-timer.ts';

/** How often the event file is looked at: one transaction a look, and ten a second feel live. */
const POLL_INTERVAL_MS = 100;
/** How often a runner that is not our child is looked at. */
const LIVENESS_INTERVAL_MS = 1000;
/** Interpreter and imports of a cold disk; a process that has no heartbeat by then never will. */
const START_GRACE_MS = 30_000;
/** Tear-down of CUDA after the last event; what takes longer hangs. */
const LINGER_MS = 10_000;
/** After a failure of the disk or the database. */
const RETRY_MS = 1000;

export type WatchDeps = Readonly<{
  repository: JobRepository;
  tailer: EventTailer;
  projectors: readonly JobProjector[];
  platform: ProcessPlatform;
  nowMs: () => number;
  log: JobLog;
  redactor: Redactor;
  emit: (update: JobUpdate) => void;
  /** Ends what is left of the job's processes. */
  killTree: (job: JobRecord) => Promise<void>;
  /** Puts `stop` into the job's inbox. */
  askToStop: (job: JobRecord) => void;
}>;

/** Follows one job from its start (or from where an earlier core left off) until its process is gone. */
export class JobWatch {
  readonly #deps: WatchDeps;
  readonly #jobId: string;
  readonly #timer = new WakeTimer();
  readonly finished: Promise<void>;
  /** Set when our own child is gone. */
  #childExit: SilentExit | undefined;
  readonly #hasChild: boolean;
  #isDisposed = false;
  /** The proven process of a job that an earlier core started. */
  #runner: ProcessIdentity | undefined;
  #nextLivenessAtMs = 0;
  #lingersSinceMs: number | undefined;

  constructor(deps: WatchDeps, jobId: string, child: LaunchedRunner | undefined) {
    this.#deps = deps;
    this.#jobId = jobId;
    this.#hasChild = child !== undefined;
    void child?.exited.then((exit) => {
      this.#childExit = { kind: 'exited', ...exit };
      this.#timer.wake();
    });
    this.finished = this.#follow();
  }

  /** Stops following; the process goes on. `finished` then resolves without the job having ended. */
  dispose(): void {
    this.#isDisposed = true;
    this.#timer.wake();
  }

  async #follow(): Promise<void> {
    // The constructor returns first, so that a listener added right after it hears the first event.
    await yieldToLoop();
    while (!this.#isDisposed) {
      try {
        const exit = await this.#exitOfProcess();
        // In this order: what the process wrote before it was gone is in the file by now.
        await this.#drain();
        if (exit !== undefined && !this.#stopped()) {
          this.#settle(exit);
          return;
        }
      } catch (error) {
        this.#deps.log.error({ jobId: this.#jobId, error }, 'following a job failed; trying again');
        await this.#timer.wait(RETRY_MS);
      }
      await this.#timer.wait(POLL_INTERVAL_MS);
    }
  }

  async #drain(): Promise<void> {
    let more = true;
    while (more && !this.#stopped()) {
      const step = this.#deps.tailer.step(this.#jobId);
      if (step === undefined) return;
      if (step.events.length > 0) this.#deps.emit({ kind: 'events', job: step.job, events: step.events });
      if (step.stateChanged) this.#deps.emit({ kind: 'state', job: step.job });
      more = step.more;
      // A flood of events must not keep the core from answering.
      if (more) await yieldToLoop();
    }
  }

  async #exitOfProcess(): Promise<SilentExit | undefined> {
    if (this.#childExit !== undefined) return this.#childExit;
    const job = this.#deps.repository.find(this.#jobId);
    if (job === undefined) return { kind: 'vanished' };
    await this.#endLinger(job);
    if (this.#hasChild || this.#deps.nowMs() < this.#nextLivenessAtMs) return undefined;
    this.#nextLivenessAtMs = this.#deps.nowMs() + LIVENESS_INTERVAL_MS;
    return (await this.#isAlive(job)) ? undefined : { kind: 'vanished' };
  }

  async #isAlive(job: JobRecord): Promise<boolean> {
    const { platform, nowMs } = this.#deps;
    if (this.#runner !== undefined) return isStillAlive(platform, job, this.#runner, nowMs());
    if (readHeartbeat(job.dir) !== undefined) {
      // The proof, once: pid, start, boot and nonce. From then on the process is known.
      this.#runner = await ownRunner(platform, job);
      return this.#runner !== undefined;
    }
    // No heartbeat yet: the core died between creating the process and the process's first beat.
    if (job.process !== undefined) return isStillAlive(platform, job, job.process, nowMs());
    return nowMs() - job.createdAtMs < START_GRACE_MS;
  }

  /** `ended` is stored and the process is still there: interpreters hang in tear-down now and then. */
  async #endLinger(job: JobRecord): Promise<void> {
    if (job.tail.status !== 'complete') return;
    this.#lingersSinceMs ??= this.#deps.nowMs();
    if (this.#deps.nowMs() - this.#lingersSinceMs < LINGER_MS) return;
    this.#deps.log.warn({ jobId: job.id }, 'the process outlived its last event; ending it');
    this.#lingersSinceMs = this.#deps.nowMs();
    await this.#deps.killTree(job);
  }

  #settle(exit: SilentExit): void {
    const { repository, projectors, emit } = this.#deps;
    const before = repository.find(this.#jobId);
    if (before === undefined) return;
    const reported = before.error !== undefined;
    const state = nextJobState(before.state, { ...exit, reported });
    // A process that was only slow to start finds this, and does not begin behind our back.
    if (before.startedAtMs === undefined && exit.kind === 'vanished') this.#deps.askToStop(before);
    const said = before.tail.status === 'complete';
    const job: JobRecord = {
      ...before,
      state,
      endedAtMs: before.endedAtMs ?? this.#deps.nowMs(),
      exitCode: before.exitCode ?? (exit.kind === 'exited' ? exit.exitCode : undefined),
      exitSignal: exit.kind === 'exited' ? exit.signal : undefined,
      error: said ? before.error : silentExitError(before, state, exit, this.#logTail(before)),
    };
    repository.transaction(() => {
      repository.update(job);
      for (const projector of projectors) projector.stateChanged?.(job);
    });
    emit({ kind: 'state', job });
  }

  /** It becomes the detail of an error, in the database and on a page. */
  #logTail(job: JobRecord): string {
    return this.#deps.redactor.text(readLogTail(job.dir));
  }

  /** A method, so that the compiler does not take the flag for constant across an await. */
  #stopped(): boolean {
    return this.#isDisposed;
  }
}
