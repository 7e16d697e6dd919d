import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import type { Disposable } from '../../shared/contract/disposable.ts';
import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import { isLive, nextJobState } from '../../shared/domain/run-state.ts';
import type { Control, ControlCommand } from '../../shared/protocol/control.ts';
import type { JobSpec } from '../../shared/protocol/job-spec.ts';
import type { JobRepository } from '../db/repositories/job-repository.ts';
import type { Redactor } from '../log/redactor.ts';
import type { ProcessIdentity, ProcessPlatform, TokenSource } from '../ports.ts';
import { sendControl } from './control.ts';
import { EventTailer } from './event-tailer.ts';
import { createJobFolder } from './job-folder.ts';
import type { JobLog } from './job-log.ts';
import { takeJobSecrets, type JobSecrets } from './job-secrets.ts';
import type { JobExit, JobListener, JobProjector, JobRecord, JobUpdate } from './job-record.ts';
import { JobWatch } from './job-watch.ts';
import { jobMarker } from './runner-environment.ts';
import type { LaunchedRunner, RunnerCommand } from './runner-launch.ts';
import { launchRunner } from './runner-launch.ts';
import { StopLadder } from './stop-ladder.ts';

/** A service job that reads the end of its stdin stops at its next safe point; this is one for most. */
const SERVICE_GRACE_MS = 5000;

export type SupervisorDeps = Readonly<{
  repository: JobRepository;
  projectors: readonly JobProjector[];
  platform: ProcessPlatform;
  /** The interpreter and the entry script; asked at each start, for environments come and go. */
  runner: () => RunnerCommand | Promise<RunnerCommand>;
  /** Environment that runners inherit from, by the whitelist of the platform. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Whether jobs that start now may reach no other machine. */
  airGap: () => boolean;
  nowMs: () => number;
  /** Monotonic ULIDs, also within a millisecond: control messages are obeyed in the order of their ids. */
  newId: () => string;
  log: JobLog;
  /** Where the tokens of service jobs come from. */
  tokens: TokenSource;
  redactor: Redactor;
}>;

export type StartOptions = Readonly<{
  /** The job folder, absolute; made here. */
  dir: string;
  /** Whether the job survives this core. */
  detached: boolean;
  /** Tokens that a service job is handed on its standard input; written nowhere, and kept out of what it reports. */
  secrets?: JobSecrets;
  /** Variables of the process besides those that every job gets; they win over inherited ones. */
  variables?: Readonly<Record<string, string>>;
}>;

export type JobHandle = Readonly<{
  id: string;
  /** Resolves when the process is gone and everything it wrote is stored. Never rejects. */
  exited: Promise<JobExit>;
  /** Requests of a chat job. */
  input: Writable | undefined;
  /** Replies of a chat job. */
  replies: Readable | undefined;
}>;

type Followed = { watch: JobWatch; child: LaunchedRunner | undefined; ladder: StopLadder | undefined };

/** Starts, follows, stops and takes up jobs again. Knows no training, data or chat. */
export class JobSupervisor {
  readonly #deps: SupervisorDeps;
  readonly #tailer: EventTailer;
  readonly #followed = new Map<string, Followed>();
  readonly #listeners = new Set<JobListener>();
  #isDisposed = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#tailer = new EventTailer(deps);
  }

  /**
   * Stores the job, makes its folder and starts its process. Throws `job.launch_failed` or `job.disk_full`;
   * the job is then stored as failed.
   */
  async start(spec: JobSpec, options: StartOptions): Promise<JobHandle> {
    const { repository, nowMs } = this.#deps;
    const dir = path.resolve(options.dir);
    const { id, kind, nonce } = spec;
    const createdAtMs = nowMs();
    // The row first: a core that dies here leaves a job that the next one finds, not a nameless folder.
    repository.transaction(() => {
      repository.insert({ id, kind, dir, spec, nonce, detached: options.detached, createdAtMs });
      this.#projectState(this.#get(id));
    });
    const { child, learned } = await this.#launch(spec, { ...options, dir });
    const handle = this.#follow(id, child);
    void handle.exited.then(() => learned.dispose());
    const identity = await this.#identify(child.pid);
    // `started` names the process that reports, which on Windows is a child of the one we made.
    if (identity !== undefined) {
      this.#change(id, (job) => (job.process === undefined ? { ...job, process: identity } : job));
    }
    // Disposed while the process was being made: nobody else would end it.
    const followed = this.#followed.get(id);
    if (this.#isDisposed && followed !== undefined) await this.#letGo(id, followed);
    return handle;
  }

  /**
   * Takes up what an earlier core left: a runner whose pid, start time, boot and nonce match is followed
   * again, everything else is `interrupted`. Starts nothing. Returns the jobs that are followed.
   */
  recover(): readonly JobRecord[] {
    const live = this.#deps.repository.live();
    for (const job of live) {
      // The watch reads on from the stored offset and finds out by itself whether the process is there.
      if (!this.#followed.has(job.id)) this.#follow(job.id, undefined);
    }
    return live;
  }

  /** The handle of a job that is followed. Throws `job.not_found`. */
  attach(jobId: string): JobHandle {
    const followed = this.#followed.get(jobId);
    if (followed === undefined) {
      const job = this.#get(jobId);
      return { id: jobId, exited: Promise.resolve({ job }), input: undefined, replies: undefined };
    }
    return this.#handle(jobId, followed);
  }

  find(jobId: string): JobRecord | undefined {
    return this.#deps.repository.find(jobId);
  }

  /** Puts a command into the job's inbox. Throws `job.not_found`. */
  control(jobId: string, command: ControlCommand): Control {
    const job = this.#get(jobId);
    return sendControl(job.dir, command, { id: this.#deps.newId(), atMs: this.#deps.nowMs() });
  }

  /**
   * Stop ladder: control file, signal to the group, end of the tree, all inside the deadline. Resolves when
   * the process is gone. Asking again with an earlier deadline hurries; with a later one it only waits.
   */
  async stop(jobId: string, options: Readonly<{ deadlineMs: number }>): Promise<JobRecord> {
    const followed = this.#followed.get(jobId);
    if (followed === undefined) return this.#get(jobId);
    if (followed.ladder === undefined) {
      this.#change(jobId, (job) => ({
        ...job,
        state: nextJobState(job.state, { kind: 'stop-requested' }),
        stopRequestedAtMs: job.stopRequestedAtMs ?? this.#deps.nowMs(),
      }));
      followed.ladder = this.#ladder(jobId);
    }
    followed.ladder.climb(options.deadlineMs);
    await followed.watch.finished;
    return this.#get(jobId);
  }

  /** Hears updates of one job, after they are stored. */
  on(jobId: string, listener: JobListener): Disposable {
    return this.onUpdate((update) => {
      if (update.job.id === jobId) listener(update);
    });
  }

  /** Hears updates of every job, after they are stored. */
  onUpdate(listener: JobListener): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Ends service jobs, leaves detached runners, stops following. Resolves when no service job is left. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await Promise.all([...this.#followed].map(([jobId, followed]) => this.#letGo(jobId, followed)));
    this.#listeners.clear();
  }

  async #launch(
    spec: JobSpec,
    options: StartOptions,
  ): Promise<Readonly<{ child: LaunchedRunner; learned: Disposable }>> {
    const { platform, redactor, tokens } = this.#deps;
    let learned: Disposable | undefined;
    try {
      createJobFolder(options.dir, spec);
      const secrets = await takeJobSecrets(options.secrets ?? {}, tokens, options);
      learned = redactor.learn(Object.values(secrets));
      const child = await launchRunner(platform, spec, {
        dir: options.dir,
        detached: options.detached,
        secrets,
        variables: options.variables ?? {},
        airGap: this.#deps.airGap(),
        runner: await this.#deps.runner(),
        environment: this.#deps.environment,
      });
      return { child, learned };
    } catch (thrown) {
      learned?.dispose();
      const error = launchError(thrown, options.dir);
      this.#change(spec.id, (job) => ({
        ...job,
        state: nextJobState(job.state, { kind: 'launch-failed' }),
        error: toErrorBody(error),
        endedAtMs: this.#deps.nowMs(),
      }));
      throw error;
    }
  }

  #follow(jobId: string, child: LaunchedRunner | undefined): JobHandle {
    const watch = new JobWatch(
      {
        ...this.#deps,
        tailer: this.#tailer,
        emit: (update) => this.#emit(update),
        killTree: (job) => this.#killTree(job),
        askToStop: (job) => this.#askToStop(job),
      },
      jobId,
      child,
    );
    const followed: Followed = { watch, child, ladder: undefined };
    this.#followed.set(jobId, followed);
    if (this.#get(jobId).detached) child?.unref();
    void watch.finished.then(() => {
      followed.ladder?.finished();
      this.#followed.delete(jobId);
    });
    return this.#handle(jobId, followed);
  }

  #handle(jobId: string, followed: Followed): JobHandle {
    return {
      id: jobId,
      exited: followed.watch.finished.then(() => ({ job: this.#get(jobId) })),
      input: followed.child?.input,
      replies: followed.child?.replies,
    };
  }

  #ladder(jobId: string): StopLadder {
    const { log, platform, nowMs } = this.#deps;
    const attempt = (rung: string, work: (job: JobRecord) => Promise<void>) => async (): Promise<void> => {
      try {
        await work(this.#get(jobId));
      } catch (error) {
        log.error({ jobId, rung, error }, 'a rung of the stop ladder failed');
      }
    };
    return new StopLadder(
      {
        ask: attempt('ask', (job) => {
          this.#askToStop(job);
          return Promise.resolve();
        }),
        terminate: attempt('terminate', async (job) => {
          if (job.process !== undefined) await platform.terminate(job.process);
        }),
        kill: attempt('kill', (job) => this.#killTree(job)),
      },
      nowMs,
    );
  }

  #askToStop(job: JobRecord): void {
    sendControl(job.dir, 'stop', { id: this.#deps.newId(), atMs: this.#deps.nowMs() });
  }

  async #killTree(job: JobRecord): Promise<void> {
    const { platform } = this.#deps;
    // Without an identity the mark alone finds the processes.
    const target: ProcessIdentity = job.process ?? { pid: 0, osStartTime: '', bootId: '' };
    await platform.killTree(target, jobMarker(job.id, job.nonce));
  }

  async #letGo(jobId: string, followed: Followed): Promise<void> {
    const job = this.#get(jobId);
    if (job.detached || followed.child === undefined) {
      followed.ladder?.finished();
      followed.watch.dispose();
      await followed.watch.finished;
      return;
    }
    this.#change(jobId, (current) => ({
      ...current,
      state: nextJobState(current.state, { kind: 'stop-requested' }),
    }));
    followed.child.input?.end();
    const grace = new AbortController();
    const graceOver = delay(SERVICE_GRACE_MS, undefined, { signal: grace.signal }).then(
      () => this.#killTree(job),
      () => undefined,
    );
    await followed.watch.finished;
    grace.abort();
    await graceOver;
  }

  async #identify(pid: number): Promise<ProcessIdentity | undefined> {
    const { platform } = this.#deps;
    const osStartTime = await platform.startTime(pid);
    return osStartTime === undefined ? undefined : { pid, osStartTime, bootId: await platform.bootId() };
  }

  #change(jobId: string, change: (job: JobRecord) => JobRecord): void {
    const { repository } = this.#deps;
    const before = this.#get(jobId);
    if (!isLive(before.state)) return;
    const job = change(before);
    if (job === before) return;
    repository.transaction(() => {
      repository.update(job);
      this.#projectState(job);
    });
    this.#emit({ kind: 'state', job });
  }

  #projectState(job: JobRecord): void {
    for (const projector of this.#deps.projectors) projector.stateChanged?.(job);
  }

  #emit(update: JobUpdate): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(update);
      } catch (error) {
        this.#deps.log.error({ jobId: update.job.id, error }, 'a listener failed');
      }
    }
  }

  #get(jobId: string): JobRecord {
    const job = this.#deps.repository.find(jobId);
    if (job === undefined) throw new StudioError('job.not_found', { jobId });
    return job;
  }
}

function launchError(thrown: unknown, dir: string): StudioError {
  if (thrown instanceof StudioError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const isFull = (thrown as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC';
  return isFull
    ? new StudioError('job.disk_full', { path: dir }, { cause: thrown })
    : new StudioError('job.launch_failed', { command: dir, reason }, { cause: thrown });
}
