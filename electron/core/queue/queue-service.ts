import { existsSync } from 'node:fs';

import type { QueueView } from '../../shared/contract/methods/queue.ts';
import { StudioError, toErrorBody, type ErrorBody } from '../../shared/contract/studio-error.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { Clock } from '../ports.ts';
import { putAside, readQueueFile, writeQueueFile, type QueueEntry, type QueueState } from './queue-file.ts';
import { turnOf } from './queue-turn.ts';

export type LaunchOptions = Readonly<{
  force: boolean;
  fromStep: number | undefined;
  /** Asked right before anything is made: the checks before it take time. */
  isWanted: () => boolean;
}>;

/** What the queue needs of the runs. */
export type QueuedRuns = Readonly<{
  /** Throws `core.not_found` or `core.ambiguous`. */
  find(reference: string): RunRecord;
  byId(id: string): RunRecord | undefined;
  jobOf(run: RunRecord): JobRecord | undefined;
  /** Runs whose record says that they wait, oldest first. */
  waiting(): readonly RunRecord[];
  /** Whether a run computes now: there is one device, and it is taken. */
  hasLive(): boolean;
  /** Checks that a run could go on from a step. Throws `run.no_checkpoint`. */
  checkStep(run: RunRecord, fromStep: number): void;
  settle(run: RunRecord, state: 'queued' | 'stopped' | 'failed', error?: ErrorBody): void;
  /** Asks the preflight again and starts the run. Throws what starting throws. */
  launch(run: RunRecord, options: LaunchOptions): Promise<void>;
  toSummary(run: RunRecord): QueueView['items'][number]['run'];
}>;

export type QueueDeps = Readonly<{
  file: string;
  /** Nothing is written by a core that only reads. */
  readOnly: boolean;
  clock: Clock;
  log: JobLog;
  runs: QueuedRuns;
  publish: (view: QueueView) => void;
}>;

/** Codes of a machine that cannot run anything now: the next run would fail of it as well. */
const MACHINE_CODES = 'runtime.';

/**
 * Runs that wait for the device, in a person's order. A waiting run is in the file and its record says `queued`;
 * where the two disagree after a crash, {@link turnOf} decides from the records which runs still wait.
 */
export class QueueService {
  readonly #deps: QueueDeps;
  #state: QueueState;
  #starts = false;
  #pumping: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(deps: QueueDeps) {
    this.#deps = deps;
    const { file, log, readOnly } = deps;
    this.#state = readQueueFile(file, (error) => {
      log.warn({ error, file }, 'the queue file cannot be read');
      if (!readOnly) putAside(file);
    });
  }

  /** Mends what a core that died left: each run that still waits is in the file and says so, once. */
  reconcile(): void {
    this.#settleTurns();
    const known = new Set(this.#state.entries.map((entry) => entry.runId));
    const lost = this.#deps.runs.waiting().filter((run) => !known.has(run.id));
    if (lost.length > 0) {
      this.#change({ entries: [...this.#state.entries, ...lost.map((run) => this.#entryOf(run, {}))] });
    }
  }

  /** From now on waiting runs start by themselves. For a face that stays open. */
  start(): void {
    this.#starts = true;
    this.#publish();
    this.wake();
  }

  view(): QueueView {
    const { paused, pausedBy } = this.#state;
    return {
      items: this.#waiting().map(({ entry, run }) => ({
        run: this.#deps.runs.toSummary(run),
        queuedAtMs: entry.queuedAtMs,
        force: entry.force,
        ...(entry.fromStep === undefined ? {} : { fromStep: entry.fromStep }),
      })),
      paused,
      ...(pausedBy === undefined ? {} : { pausedBy: { ...pausedBy, params: { ...pausedBy.params } } }),
      starts: this.#starts,
    };
  }

  has(runId: string): boolean {
    return this.#waiting().some(({ entry }) => entry.runId === runId);
  }

  /** Throws `queue.already_queued`, `run.already_live`, `run.finished`, `run.no_checkpoint`. */
  add(
    reference: string,
    options: Readonly<{ before: string | null; fromStep?: number | undefined; force: boolean }>,
  ): QueueView {
    const { runs } = this.#deps;
    const run = runs.find(reference);
    if (this.has(run.id)) throw new StudioError('queue.already_queued', { run: run.name });
    if (isLive(run.state)) throw new StudioError('run.already_live', { run: run.name });
    if (run.state === 'done') throw new StudioError('run.finished', { run: run.name });
    if (options.fromStep !== undefined) runs.checkStep(run, options.fromStep);
    // What it was to stand before may have started since it was taken out; then it waits at the end.
    const entries = [...this.#state.entries];
    const at = entries.findIndex((entry) => entry.runId === options.before);
    entries.splice(at < 0 ? entries.length : at, 0, this.#entryOf(run, options));
    this.#change({ entries });
    runs.settle(run, 'queued');
    return this.#changed();
  }

  /** Throws `queue.not_queued`, `queue.changed`. */
  move(reference: string, before: string | null): QueueView {
    const { runs } = this.#deps;
    const run = runs.find(reference);
    const entry = this.#waiting().find((one) => one.run.id === run.id)?.entry;
    if (entry === undefined) throw new StudioError('queue.not_queued', { run: run.name, state: run.state });
    const others = this.#state.entries.filter((one) => one !== entry);
    if (before !== null) {
      const next = runs.find(before);
      if (next.id === run.id) return this.view();
      if (!this.has(next.id)) throw new StudioError('queue.changed', { run: next.name });
      others.splice(
        others.findIndex((one) => one.runId === next.id),
        0,
        entry,
      );
    } else others.push(entry);
    this.#change({ entries: others });
    return this.#changed();
  }

  /** Takes a run out; it is then `stopped`, as if it had been stopped before its first step. */
  remove(runId: string): void {
    const run = this.#deps.runs.byId(runId);
    this.#change({ entries: this.#state.entries.filter((entry) => entry.runId !== runId) });
    if (run?.state === 'queued') this.#deps.runs.settle(run, 'stopped');
    this.#changed();
  }

  setPaused(paused: boolean): QueueView {
    this.#change({ paused, pausedBy: undefined });
    return this.#changed();
  }

  /** Something happened after which a run may start. Cheap; may be called at every change of a job. */
  wake(): void {
    if (this.#deps.readOnly) return;
    if (this.#pumping !== undefined) {
      this.#isAskedAgain = true;
      return;
    }
    this.#pumping = this.#pump()
      .catch((error: unknown) => this.#deps.log.error({ error }, 'the queue failed'))
      .finally(() => {
        this.#pumping = undefined;
        if (!this.#isAskedAgain) return;
        this.#isAskedAgain = false;
        this.wake();
      });
  }

  /** Resolves when a launch that is under way is over. */
  async dispose(): Promise<void> {
    this.#starts = false;
    this.#isAskedAgain = false;
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    this.#settleTurns();
    while (this.#starts && !this.#state.paused && !this.#deps.runs.hasLive()) {
      const head = this.#waiting()[0];
      if (head === undefined) return;
      await this.#launch(head.entry, head.run);
    }
  }

  async #launch(entry: QueueEntry, run: RunRecord): Promise<void> {
    const { runs, log } = this.#deps;
    const isWanted = (): boolean =>
      this.#starts && !this.#state.paused && this.#waiting()[0]?.entry.runId === entry.runId;
    try {
      await runs.launch(run, { force: entry.force, fromStep: entry.fromStep, isWanted });
    } catch (thrown) {
      const error = toErrorBody(thrown);
      log.warn({ runId: run.id, code: error.code }, 'a queued run could not be started');
      if (error.code.startsWith(MACHINE_CODES)) {
        this.#change({ paused: true, pausedBy: { ...error, params: { ...error.params } } });
      } else if (this.has(run.id)) {
        this.#change({ entries: this.#state.entries.filter((one) => one.runId !== run.id) });
        runs.settle(runs.byId(run.id) ?? run, 'failed', error);
      }
    }
    this.#settleTurns();
    this.#publish();
  }

  /** Drops the runs whose turn is over, and has the others say that they wait. */
  #settleTurns(): void {
    const { runs } = this.#deps;
    const kept = this.#state.entries.filter((entry) => this.#turn(entry) !== 'over');
    if (kept.length < this.#state.entries.length) {
      this.#change({ entries: kept });
      this.#publish();
    }
    for (const entry of kept) {
      const run = runs.byId(entry.runId);
      if (run === undefined || run.state === 'queued' || this.#turn(entry) === 'starting') continue;
      runs.settle(run, 'queued');
      this.#publish();
    }
  }

  #turn(entry: QueueEntry): ReturnType<typeof turnOf> {
    const run = this.#deps.runs.byId(entry.runId);
    return turnOf(entry, run, run === undefined ? undefined : this.#deps.runs.jobOf(run));
  }

  #waiting(): readonly Readonly<{ entry: QueueEntry; run: RunRecord }>[] {
    return this.#state.entries.flatMap((entry) => {
      const run = this.#deps.runs.byId(entry.runId);
      return run?.state === 'queued' ? [{ entry, run }] : [];
    });
  }

  #entryOf(
    run: RunRecord,
    { fromStep, force = false }: Readonly<{ fromStep?: number | undefined; force?: boolean }>,
  ): QueueEntry {
    return {
      runId: run.id,
      attempts: run.attempts,
      force,
      ...(fromStep === undefined ? {} : { fromStep }),
      queuedAtMs: this.#deps.clock.nowMs(),
    };
  }

  #change(changes: Partial<QueueState>): void {
    if (this.#deps.readOnly) return;
    const state = { ...this.#state, ...changes };
    const isUsed = state.entries.length > 0 || state.paused || existsSync(this.#deps.file);
    if (isUsed) writeQueueFile(this.#deps.file, state);
    this.#state = state;
  }

  #changed(): QueueView {
    this.#publish();
    this.wake();
    return this.view();
  }

  #publish(): void {
    this.#deps.publish(this.view());
  }
}
