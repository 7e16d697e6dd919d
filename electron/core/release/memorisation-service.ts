import { existsSync } from 'node:fs';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { JobParams } from '../../shared/protocol/job-spec.ts';
import type { Recipe } from '../../shared/protocol/recipe.ts';
import type { DataFolder } from '../data-folder.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import { memorisationFile } from './memorisation-file.ts';

export type MemorisationServiceDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'start'>;
  liveJobs: () => readonly JobRecord[];
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
}>;

/** The run whose rows are asked for. */
export type CheckedRun = Readonly<{
  id: string;
  name: string;
  dir: string;
  modelPath: string;
  datasetPath: string;
  recipe: Recipe;
}>;

/** What is asked: an adapter on the run's base, or a whole model. */
export type CheckedWeights = Readonly<{ kind: 'adapter' | 'model'; path: string; step: number }>;

export type MemorisationRequest = Pick<
  JobParams<'memorisation'>,
  'rows' | 'seed' | 'prefixTokens' | 'continuationTokens' | 'device'
>;

/** Starts memorisation checks. The job itself writes its result into the run's folder. */
export class MemorisationService {
  readonly #deps: MemorisationServiceDeps;

  constructor(deps: MemorisationServiceDeps) {
    this.#deps = deps;
  }

  /** The check of a run that computes now. */
  running(runId: string): JobRecord | undefined {
    return this.#deps
      .liveJobs()
      .find(({ spec }) => spec.kind === 'memorisation' && spec.params.runId === runId);
  }

  /** Throws `memorisation.already_running`, `merge.base_missing`. */
  async start(
    run: CheckedRun,
    weights: CheckedWeights,
    request: MemorisationRequest,
  ): Promise<Readonly<{ jobId: string }>> {
    const { clock, folder, ids, supervisor } = this.#deps;
    if (this.running(run.id) !== undefined) {
      throw new StudioError('memorisation.already_running', { run: run.name });
    }
    if (!existsSync(run.modelPath)) throw new StudioError('merge.base_missing', { path: run.modelPath });
    const { cutoffLength, hardware, systemPrompt, template } = run.recipe;
    const jobId = ids.next();
    const spec = newJobSpec(
      'memorisation',
      {
        basePath: run.modelPath,
        adapterPath: weights.kind === 'adapter' ? weights.path : null,
        modelPath: weights.kind === 'model' ? weights.path : null,
        datasetPath: run.datasetPath,
        outPath: memorisationFile(run.dir),
        runId: run.id,
        step: weights.step,
        template,
        systemPrompt,
        cutoffLength,
        ...request,
        cpuThreads: hardware.cpuThreads,
      },
      { id: jobId, nowMs: clock.nowMs() },
    );
    await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    return { jobId };
  }
}
