import path from 'node:path';

import { StudioError } from '../shared/contract/studio-error.ts';
import { isLive } from '../shared/domain/run-state.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { DataFolder } from './data-folder.ts';
import type { ReferenceFinder } from './db/repositories/find-by-reference.ts';
import { requireOne } from './db/repositories/require-one.ts';
import type { JobRecord } from './jobs/job-record.ts';
import type { JobSupervisor } from './jobs/job-supervisor.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import { keepRun } from './runs/kept-run.ts';
import { isWithin, jobsHolding } from './storage/path-holders.ts';
import type { Trash } from './storage/trash.ts';

export type RemovalDeps = Readonly<{
  folder: DataFolder;
  repositories: CoreRepositories;
  supervisor: Pick<JobSupervisor, 'stop'>;
  trash: Pick<Trash, 'put'>;
  /** Names of the releases that read from a run or a model now, also while no job of theirs does. */
  releasing: (id: string) => readonly string[];
}>;

export type Removal = Readonly<{ id: string; trashId: string | undefined }>;

/** Of those whose record names a folder; more than one there are only by hand. */
const MOST_MODELS = 20;
/** An import that is asked to stop leaves nothing half done, so it may be hurried. */
const STOP_IMPORT_DEADLINE_MS = 10_000;

/** Removes records into the trash, unless something still needs them. */
export class RemovalService {
  readonly #deps: RemovalDeps;

  constructor(deps: RemovalDeps) {
    this.#deps = deps;
  }

  /** Throws `run.already_live`, `run.waits`, `run.in_use`, `run.holds_model`, `storage.cannot_move`. */
  async removeRun(reference: string): Promise<Removal> {
    const { folder, repositories, supervisor, trash } = this.#deps;
    const run = requireOne('run', repositories.runs.find, reference);
    if (isLive(run.state)) throw new StudioError('run.already_live', { run: run.name });
    if (run.state === 'queued') throw new StudioError('run.waits', { run: run.name });
    const attempts = repositories.attempts.ofRun(run.id).map((attempt) => attempt.jobId);
    const users = this.#usersOf(run.id, folder.runDir(run.id), undefined, new Set(attempts), run.id);
    const model = this.#modelWithin(folder.runDir(run.id));
    if (model !== undefined) throw new StudioError('run.holds_model', { run: run.name, model });
    if (users !== undefined) throw new StudioError('run.in_use', { run: run.name, ...users });
    // An earlier attempt that never reported its end may still be looked for; nothing of it may write any more.
    for (const jobId of attempts) {
      const job = repositories.jobs.find(jobId);
      if (job !== undefined && isLive(job.state)) await supervisor.stop(jobId, { deadlineMs: 0 });
    }
    const jobs = attempts.flatMap((jobId) => {
      const job = repositories.jobs.find(jobId);
      return job === undefined ? [] : [job];
    });
    return {
      id: run.id,
      trashId: trash.put({ kind: 'run', id: run.id, name: run.name, kept: keepRun(run, jobs) }),
    };
  }

  /** A running import is stopped first. Throws `dataset.in_use`, `storage.cannot_move`. */
  async removeDataset(reference: string): Promise<Removal> {
    const { folder, repositories, supervisor, trash } = this.#deps;
    const { id, state, jobId } = requireOne('dataset', repositories.datasets.find, reference);
    if (state === 'importing' && jobId !== undefined) {
      await supervisor.stop(jobId, { deadlineMs: STOP_IMPORT_DEADLINE_MS });
    }
    const dataset = requireOne('dataset', repositories.datasets.find, id);
    const users = this.#usersOf(id, folder.datasetDir(id), dataset.path);
    if (users !== undefined) throw new StudioError('dataset.in_use', { dataset: dataset.name, ...users });
    return { id, trashId: trash.put({ kind: 'dataset', id, name: dataset.name, kept: dataset }) };
  }

  /** An added folder itself is never touched: only its record goes. Throws `model.in_use`, `storage.cannot_move`. */
  removeModel(reference: string): Removal {
    const { folder, repositories, trash } = this.#deps;
    const run =
      repositories.models.find(reference).length === 0 ? repositories.runs.byId(reference) : undefined;
    if (run !== undefined) throw new StudioError('model.of_run', { model: run.name });
    const model = requireOne('model', repositories.models.find, reference);
    const { id, name } = model;
    const users = this.#usersOf(id, model.origin === 'added' ? model.path : folder.modelDir(id), model.path);
    if (users !== undefined) throw new StudioError('model.in_use', { model: name, ...users });
    return { id, trashId: trash.put({ kind: 'model', id, name, kept: model }) };
  }

  /** Name of a model of the library that lies in a folder: what full fine-tuning made stays with its run. */
  #modelWithin(folder: string): string | undefined {
    const { items } = this.#deps.repositories.models.list({ search: folder, offset: 0, limit: MOST_MODELS });
    return items.find((model) => isWithin(folder, model.path))?.name;
  }

  /** What reads or writes below a folder now, or will when its turn comes, in both languages; undefined: nothing. */
  #usersOf(
    id: string,
    folder: string,
    input = folder,
    own: ReadonlySet<string> = new Set(),
    runId?: string,
  ): Users | undefined {
    const { jobs, runs } = this.#deps.repositories;
    const others = jobs.live().filter((job) => !own.has(job.id));
    const found = [
      ...this.#deps.releasing(id).map((name) => named(name)),
      ...runs.usersOf(input).map((run) => named(run.name)),
      ...runs
        .waiting()
        .filter((run) => startsFrom(run, folder, runId, runs.find))
        .map((run) => named(run.name)),
      ...jobsHolding(folder, others).map((job) => this.#nameOf(job)),
    ];
    if (found.length === 0) return undefined;
    return {
      users: [...new Set(found.map((one) => one.en))],
      usersZh: [...new Set(found.map((one) => one.zh))],
    };
  }

  #nameOf({ id, spec }: JobRecord): Readonly<{ en: string; zh: string }> {
    const { models, runs } = this.#deps.repositories;
    switch (spec.kind) {
      case 'train':
        return named(runs.byId(spec.params.runId)?.name ?? id);
      case 'merge':
        return named(models.byJob(id)?.name ?? id);
      case 'download':
        return named(spec.params.repository);
      case 'upload':
        return named(spec.params.repository);
      case 'account-check':
      case 'visibility':
        return { en: 'a question to a hub', zh: '平台查询' };
      case 'memorisation':
        return { en: 'a memorisation check', zh: '记忆检查' };
      case 'export':
        return { en: 'an export', zh: '导出任务' };
      case 'convert':
        return { en: 'a conversion of weights', zh: '权重转换' };
      case 'chat':
        return { en: 'an open chat', zh: '打开的对话' };
      case 'dataset-statistics':
        return { en: 'a count of tokens', zh: '词元统计' };
      case 'dataset-import':
        return { en: 'an import', zh: '导入任务' };
      case 'template-inspection':
        return { en: 'a look at a template', zh: '对话模板检查' };
      case 'self-test':
        return { en: 'a self-test', zh: '自检' };
    }
  }
}

/** Whether a run that waits will start from an adapter of a run, which it names, or of a folder. */
function startsFrom(
  { recipe }: RunRecord,
  folder: string,
  runId: string | undefined,
  find: ReferenceFinder<RunRecord>,
): boolean {
  // A run stored by an older studio has not the setting.
  const from = (recipe.lora as Partial<typeof recipe.lora>).continueFrom ?? undefined;
  if (from === undefined) return false;
  return isWithin(folder, path.resolve(from)) || find(from).some((run) => run.id === runId);
}

type Users = Readonly<{ users: readonly string[]; usersZh: readonly string[] }>;

function named(name: string): Readonly<{ en: string; zh: string }> {
  return { en: name, zh: name };
}
