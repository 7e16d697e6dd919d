import type { CheckpointState } from '../../shared/contract/methods/runs.ts';
import { StudioError, toErrorBody, type ErrorBody } from '../../shared/contract/studio-error.ts';
import { AUTOMATIC_CARD, runCardUuids, type RunDevice } from '../../shared/domain/choose-card.ts';
import { checkRecipe } from '../../shared/domain/recipes/check-recipe.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import type { ControlCommand } from '../../shared/protocol/control.ts';
import { recipeSchema, type Recipe } from '../../shared/protocol/recipe.ts';
import type { DataFolder } from '../data-folder.ts';
import { requireOne } from '../db/repositories/require-one.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import { inspectCheckpoint, listWholeCheckpoints, type WholeCheckpoint } from './checkpoint-files.ts';
import { attemptDir, readRunFile, writeRunFile } from './run-folder.ts';
import type { RunFeed } from './run-feed.ts';
import type { RunRepositories } from './train-projector.ts';

/** What a recipe's `model` or `dataset` turned out to be. */
export type ResolvedInput = Readonly<{ id: string | undefined; name: string; path: string }>;

export type RunServiceDeps = Readonly<{
  repositories: RunRepositories;
  supervisor: Pick<JobSupervisor, 'start' | 'stop' | 'control'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  feed: RunFeed;
  /** Throws `recipe.dataset_not_found`, `dataset.*`. */
  resolveDataset: (reference: string) => ResolvedInput;
  /** Throws `recipe.model_not_found`, `model.*`. */
  resolveModel: (reference: string) => ResolvedInput;
  /** Folder of a recipe's `lora.continueFrom`. Throws `recipe.adapter_not_found`. */
  resolveAdapter: (reference: string) => string;
  /** What a recipe's run computes on. Throws `gpu.*`. */
  cardFor: (hardware: Recipe['hardware']) => Promise<RunDevice>;
  /** Variables that give a runner its device and no other. */
  environmentOf: (device: RunDevice) => Readonly<Record<string, string>>;
  /** Name of the Python environment that an attempt would start on now. */
  pythonEnvironment: () => string | undefined;
  /** What keeps a run from fitting into memory or on the disk, found before anything is made. */
  refusalOf: (
    recipe: Recipe,
    dataset: ResolvedInput,
    model: ResolvedInput,
    device: RunDevice,
  ) => StudioError | undefined;
}>;

export type RunLabels = Pick<RunRecord, 'tags' | 'note'>;
/** `force` skips the preflight's refusal. */
export type StartOptions = Readonly<{ force: boolean; tags?: readonly string[] }>;
export type StartedRun = Readonly<{ runId: string; jobId: string }>;
export type ResumedRun = StartedRun & Readonly<{ attempt: number; fromStep: number }>;

/** Starts, stops and resumes runs. */
export class RunService {
  readonly #deps: RunServiceDeps;
  /** The card of each run that this core started. */
  readonly #cards = new Map<string, readonly string[]>();

  constructor(deps: RunServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `core.not_found` or `core.ambiguous`. */
  find(reference: string): RunRecord {
    return requireOne('run', this.#deps.repositories.runs.find, reference);
  }

  /** Checks the recipe, makes the run's folder, and starts its first attempt. */
  async start(recipeInput: unknown, options: StartOptions): Promise<StartedRun> {
    const { run, device } = await this.#create(recipeInput, { ...options, state: 'starting' });
    const { jobId } = await this.#attempt(run, undefined, device);
    return { runId: run.id, jobId };
  }

  /** As {@link start}, but the run only waits: it has its folder and its recipe, and no attempt yet. */
  async createQueued(recipeInput: unknown, options: StartOptions): Promise<RunRecord> {
    const { run } = await this.#create(recipeInput, { ...options, state: 'queued' });
    this.#deps.feed.note({ run });
    return run;
  }

  /**
   * Starts a run that waited: what it needs is looked for again, and the preflight asked again. Does nothing
   * where it is no longer wanted by then. Throws as {@link start} and {@link resume} do.
   */
  async launchQueued(
    run: RunRecord,
    options: Readonly<{ force: boolean; fromStep: number | undefined; isWanted: () => boolean }>,
  ): Promise<void> {
    const { cardFor, refusalOf, resolveDataset, resolveModel } = this.#deps;
    const dataset = resolveDataset(run.datasetId ?? run.datasetPath);
    const model = resolveModel(run.modelId ?? run.modelPath);
    // Cards are chosen when their turn comes: which one is free, and which are still there, nobody knew before.
    const device = await (run.attempts === 0
      ? cardFor(run.recipe.hardware)
      : this.#deviceAgain(run.recipe.hardware));
    const recipe = recipeSchema.parse(run.recipe);
    const refusal = options.force ? undefined : refusalOf(recipe, dataset, model, device);
    if (refusal !== undefined) throw refusal;
    const checkpoint = this.#checkpointFor(run, options.fromStep);
    if (options.isWanted()) await this.#attempt(run, checkpoint, device);
  }

  /** What the queue decided on a run that has no process. */
  settle(run: RunRecord, state: 'queued' | 'stopped' | 'failed', error?: ErrorBody): void {
    const { clock, feed, repositories } = this.#deps;
    const endedAtMs = state === 'failed' ? clock.nowMs() : run.endedAtMs;
    const settled: RunRecord = {
      ...run,
      state,
      error,
      endedAtMs: state === 'queued' ? undefined : endedAtMs,
    };
    repositories.runs.save(settled);
    feed.note({ run: settled });
  }

  async #create(
    recipeInput: unknown,
    options: StartOptions & Readonly<{ state: 'queued' | 'starting' }>,
  ): Promise<Readonly<{ run: RunRecord; device: RunDevice }>> {
    const checked = checkRecipe(recipeInput);
    if ('issues' in checked) {
      throw new StudioError('recipe.invalid', { issues: checked.issues, summary: checked.summary });
    }
    const { recipe } = checked;
    const dataset = this.#deps.resolveDataset(recipe.dataset);
    const model = this.#deps.resolveModel(recipe.model);
    if (recipe.lora.continueFrom !== null) this.#deps.resolveAdapter(recipe.lora.continueFrom);
    const device = await this.#deps.cardFor(recipe.hardware);
    const refusal = options.force ? undefined : this.#deps.refusalOf(recipe, dataset, model, device);
    if (refusal !== undefined) throw refusal;
    const run = { ...this.#newRun(recipe, dataset, model, options.tags ?? []), state: options.state };
    writeRunFile(run.dir, {
      version: 1,
      id: run.id,
      name: run.name,
      recipe,
      datasetId: dataset.id ?? null,
      datasetPath: dataset.path,
      datasetName: dataset.name,
      modelId: model.id ?? null,
      modelPath: model.path,
      modelName: model.name,
      createdAtMs: run.createdAtMs,
      origin: run.origin,
      tags: [...run.tags],
      note: '',
    });
    this.#deps.repositories.runs.insert(run);
    return { run, device };
  }

  /** UUIDs of the cards that live runs were given. */
  heldCards(): ReadonlySet<string> {
    const live = new Set(this.#deps.repositories.runs.live().map((run) => run.id));
    for (const runId of this.#cards.keys()) if (!live.has(runId)) this.#cards.delete(runId);
    return new Set([...this.#cards.values()].flat());
  }

  /** Stop and save. Resolves when the runner has ended. Throws `run.not_live`. */
  async stop(reference: string, deadlineMs: number): Promise<RunRecord> {
    const { run, jobId } = this.#requireLive(reference);
    await this.#deps.supervisor.stop(jobId, { deadlineMs });
    return this.find(run.id);
  }

  /** Puts a command into the inbox of a live run; returns the id that its acknowledgement will carry. */
  control(reference: string, command: ControlCommand): string {
    const { jobId } = this.#requireLive(reference);
    return this.#deps.supervisor.control(jobId, command).id;
  }

  /** A new attempt from the last whole checkpoint, or from that of `fromStep`. */
  async resume(reference: string, fromStep: number | undefined): Promise<ResumedRun> {
    const run = this.find(reference);
    if (isLive(run.state)) throw new StudioError('run.already_live', { run: run.name });
    if (run.state === 'done') throw new StudioError('run.finished', { run: run.name });
    const checkpoint = this.#checkpointFor(run, fromStep);
    const device = await this.#deviceAgain(run.recipe.hardware);
    const { jobId, attempt } = await this.#attempt(run, checkpoint, device);
    return { runId: run.id, jobId, attempt, fromStep: checkpoint?.step ?? 0 };
  }

  /** Throws `run.no_checkpoint` where a run cannot go on from a step. */
  checkStep(run: RunRecord, fromStep: number): void {
    this.#checkpointFor(run, fromStep);
  }

  /**
   * Whole checkpoints that belong to the run's present course, oldest first. One that a resumed attempt left
   * behind (it started before that step) is not; one whose event was never written, because the runner died
   * right after saving, is.
   */
  resumable(run: RunRecord): readonly WholeCheckpoint[] {
    const { attempts, checkpoints } = this.#deps.repositories;
    const known = new Set(checkpoints.ofRun(run.id).map((row) => `${row.step}:${row.manifestSha256}`));
    const newest = attempts.ofRun(run.id).at(-1)?.createdAtMs ?? 0;
    return listWholeCheckpoints(run.dir).filter(
      (found) => known.has(`${found.step}:${found.manifestSha256}`) || found.savedAtMs >= newest,
    );
  }

  /**
   * Gives a run other tags or another note, in its folder and in the history. `seen` is what the person was
   * shown before the change; where it is something else by now, throws `run.label_changed`.
   */
  label(reference: string, changes: Partial<RunLabels>, seen: Partial<RunLabels> = {}): RunRecord {
    const run = this.find(reference);
    const hasChanged =
      (seen.note !== undefined && seen.note !== run.note) ||
      (seen.tags !== undefined && JSON.stringify(seen.tags) !== JSON.stringify(run.tags));
    if (hasChanged) throw new StudioError('run.label_changed', { run: run.name });
    // The file first: a database can be rebuilt from it, not the other way round.
    writeRunFile(run.dir, { ...readRunFile(run.dir), ...copyLabels(changes) });
    const labelled = { ...run, ...changes };
    this.#deps.repositories.runs.save(labelled);
    this.#deps.feed.note({ run: labelled });
    return labelled;
  }

  /** Takes the rows of checkpoints away whose folders are about to go; the run's folder remembers their steps. */
  forgetCheckpoints(runId: string, steps: readonly number[]): void {
    const run = this.find(runId);
    const { checkpoints } = this.#deps.repositories;
    const file = readRunFile(run.dir);
    const removed = new Set([...(file.removedCheckpoints ?? []), ...steps]);
    writeRunFile(run.dir, { ...file, removedCheckpoints: [...removed].sort((left, right) => left - right) });
    for (const step of steps) {
      checkpoints.remove(runId, step);
      this.#deps.feed.note({ run, removedCheckpointStep: step });
    }
  }

  /** Every checkpoint of the present course, with whether it is all there on the disk. */
  checkpoints(reference: string): CheckpointState[] {
    const run = this.find(reference);
    const whole = new Map(
      this.resumable(run).map((found) => [`${found.step}:${found.manifestSha256}`, found]),
    );
    const states = this.#deps.repositories.checkpoints.ofRun(run.id).map((row): CheckpointState => {
      const { runId: _runId, ...checkpoint } = row;
      if (whole.delete(`${row.step}:${row.manifestSha256}`)) return { ...checkpoint, whole: true };
      const found = inspectCheckpoint(row.path);
      // All there, but not what was saved then: another attempt has written over it.
      return { ...checkpoint, whole: false, fault: 'fault' in found ? found.fault : { kind: 'replaced' } };
    });
    // Saved by a runner that died before it could say so.
    for (const { savedAtMs, ...found } of whole.values()) {
      states.push({ ...found, reason: 'unreported', best: false, createdAtMs: savedAtMs, whole: true });
    }
    return states.sort((left, right) => left.step - right.step);
  }

  /** The last whole checkpoint, or that of a step. Throws `run.no_checkpoint`. */
  #checkpointFor(run: RunRecord, fromStep: number | undefined): WholeCheckpoint | undefined {
    const offered = this.resumable(run);
    if (fromStep === undefined) return offered.at(-1);
    const checkpoint = offered.findLast((candidate) => candidate.step === fromStep);
    if (checkpoint !== undefined) return checkpoint;
    throw new StudioError('run.no_checkpoint', { run: run.name, step: fromStep });
  }

  #newRun(recipe: Recipe, dataset: ResolvedInput, model: ResolvedInput, tags: readonly string[]): RunRecord {
    const { clock, folder, ids } = this.#deps;
    const id = ids.next();
    return {
      id,
      name: recipe.name,
      state: 'starting',
      origin: 'studio',
      dir: folder.runDir(id),
      recipe,
      modelId: model.id,
      modelName: model.name,
      modelPath: model.path,
      datasetId: dataset.id,
      datasetName: dataset.name,
      datasetPath: dataset.path,
      createdAtMs: clock.nowMs(),
      attempts: 0,
      step: 0,
      tags,
      note: '',
    };
  }

  async #attempt(
    run: RunRecord,
    checkpoint: WholeCheckpoint | undefined,
    device: RunDevice,
  ): Promise<Readonly<{ jobId: string; attempt: number }>> {
    const { clock, environmentOf, folder, ids, repositories, supervisor } = this.#deps;
    const jobId = ids.next();
    const attempt = run.attempts + 1;
    const dir = attemptDir(run.dir, attempt);
    const createdAtMs = clock.nowMs();
    // A run stored by an older studio has not the settings that came since.
    const recipe = recipeSchema.parse(run.recipe);
    const { continueFrom } = recipe.lora;
    const startsWith = checkpoint === undefined ? continueFrom : null;
    const spec = newJobSpec(
      'train',
      {
        runId: run.id,
        attempt,
        recipe,
        modelPath: run.modelPath,
        datasetPath: run.datasetPath,
        runDir: run.dir,
        tokenCacheDir: folder.tokenCacheDir,
        resumeFrom: checkpoint?.path ?? null,
        initialAdapter: startsWith === null ? null : this.#deps.resolveAdapter(startsWith),
      },
      { id: jobId, nowMs: createdAtMs },
    );
    // So that the environment is not cleaned up while the run may still be resumed.
    writeRunFile(run.dir, { ...readRunFile(run.dir), environment: this.#deps.pythonEnvironment() });
    repositories.runs.save({
      ...run,
      state: 'starting',
      attempts: attempt,
      jobId,
      endedAtMs: undefined,
      error: undefined,
    });
    repositories.attempts.save({
      runId: run.id,
      number: attempt,
      jobId,
      dir,
      resumedFromStep: checkpoint?.step,
      createdAtMs,
    });
    if (typeof device !== 'string') this.#cards.set(run.id, runCardUuids(device));
    try {
      await supervisor.start(spec, { dir, detached: true, variables: environmentOf(device) });
    } catch (error) {
      this.#failedToStart(run.id, error);
      throw error;
    }
    return { jobId, attempt };
  }

  /** A card that was taken out since must not keep a run from going on. */
  #deviceAgain(hardware: Recipe['hardware']): Promise<RunDevice> {
    return this.#deps.cardFor(hardware).catch((error: unknown) => {
      if (!(error instanceof StudioError) || error.code !== 'gpu.unknown_card') throw error;
      return this.#deps.cardFor({ ...hardware, gpu: AUTOMATIC_CARD });
    });
  }

  /** Covers what fails before the supervisor knows the job (a full disk, a folder that is not writable). */
  #failedToStart(runId: string, error: unknown): void {
    const { repositories, clock, feed } = this.#deps;
    const run = repositories.runs.byId(runId);
    if (run === undefined || !isLive(run.state)) return;
    const failed = { ...run, state: 'failed', error: toErrorBody(error), endedAtMs: clock.nowMs() } as const;
    repositories.runs.save(failed);
    feed.note({ run: failed });
  }

  #requireLive(reference: string): Readonly<{ run: RunRecord; jobId: string }> {
    const run = this.find(reference);
    if (!isLive(run.state) || run.jobId === undefined) {
      throw new StudioError('run.not_live', { run: run.name, state: run.state });
    }
    return { run, jobId: run.jobId };
  }
}

function copyLabels({ tags, note }: Partial<RunLabels>): { tags?: string[]; note?: string } {
  return { ...(tags === undefined ? {} : { tags: [...tags] }), ...(note === undefined ? {} : { note }) };
}
