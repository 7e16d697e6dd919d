import { existsSync } from 'node:fs';

import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { ModelRecord, ModelRepository } from '../db/repositories/model-repository.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';

export type MergeServiceDeps = Readonly<{
  models: ModelRepository;
  supervisor: Pick<JobSupervisor, 'start'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  /** Where the merged model goes, below the folder of its record. */
  outPath: (modelDir: string) => string;
  saveRecord: (modelDir: string, model: ModelRecord) => void;
}>;

export type MergeRequest = Readonly<{
  run: RunRecord;
  adapter: Readonly<{ path: string; step: number }>;
  dtype: 'base' | 'fp32';
  name: string | undefined;
  maxShardBytes: number;
  parityPrompts: readonly string[];
}>;

/** Starts merge jobs; the model record follows them through the merge projector. */
export class MergeService {
  readonly #deps: MergeServiceDeps;

  constructor(deps: MergeServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `merge.base_missing`. */
  async start(request: MergeRequest): Promise<Readonly<{ modelId: string; jobId: string }>> {
    const { clock, folder, ids, models, outPath, saveRecord, supervisor } = this.#deps;
    const { adapter, run } = request;
    if (!existsSync(run.modelPath)) throw new StudioError('merge.base_missing', { path: run.modelPath });
    const id = ids.next();
    const jobId = ids.next();
    const dir = folder.modelDir(id);
    const createdAtMs = clock.nowMs();
    const model: ModelRecord = {
      id,
      name: request.name ?? `${run.name}-step-${adapter.step}`,
      path: outPath(dir),
      kind: 'merged',
      origin: 'merged',
      state: 'building',
      createdAtMs,
      baseModelPath: run.modelPath,
      runId: run.id,
      step: adapter.step,
      jobId,
    };
    saveRecord(dir, model);
    models.insert(model);
    const spec = newJobSpec(
      'merge',
      {
        basePath: run.modelPath,
        adapterPath: adapter.path,
        outPath: model.path,
        dtype: request.dtype,
        maxShardBytes: request.maxShardBytes,
        parityPrompts: [...request.parityPrompts],
      },
      { id: jobId, nowMs: createdAtMs },
    );
    try {
      await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    } catch (error) {
      models.save({ ...model, state: 'failed', error: { ...toErrorBody(error) } });
      throw error;
    }
    return { modelId: id, jobId };
  }
}
