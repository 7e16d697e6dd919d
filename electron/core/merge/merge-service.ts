import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { ModelRecord, ModelRepository } from '../db/repositories/model-repository.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import { writeJsonFile } from '../write-json-file.ts';

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

type Adapter = Readonly<{ path: string; step: number }>;

export type MergeRequest = Readonly<{
  run: RunRecord;
  adapter: Adapter;
  dtype: 'base' | 'fp32';
  name: string | undefined;
  maxShardBytes: number;
  parityPrompts: readonly string[];
}>;

type Started = Readonly<{ modelId: string; jobId: string }>;

/** Beside the record: what a resumed merge must ask for again to get the same files. */
const REQUEST_FILE = 'merge.json';
const requestSchema = z.object({
  version: z.literal(1),
  dtype: z.enum(['base', 'fp32']),
  maxShardBytes: z.int(),
  parityPrompts: z.array(z.string()),
});
type Request = z.output<typeof requestSchema>;

/** Starts and resumes merge jobs; the model record follows them through the merge projector. */
export class MergeService {
  readonly #deps: MergeServiceDeps;

  constructor(deps: MergeServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `merge.base_missing`. */
  async start(wanted: MergeRequest): Promise<Started> {
    const { clock, folder, ids, outPath } = this.#deps;
    const { adapter, dtype, maxShardBytes, parityPrompts, run } = wanted;
    requireBase(run);
    const id = ids.next();
    const dir = folder.modelDir(id);
    const model: ModelRecord = {
      id,
      name: wanted.name ?? `${run.name}-step-${adapter.step}`,
      path: outPath(dir),
      kind: 'merged',
      origin: 'merged',
      state: 'building',
      createdAtMs: clock.nowMs(),
      baseModelPath: run.modelPath,
      runId: run.id,
      step: adapter.step,
    };
    const request: Request = { version: 1, dtype, maxShardBytes, parityPrompts: [...parityPrompts] };
    writeJsonFile(path.join(dir, REQUEST_FILE), request);
    return this.#launch(model, run, adapter, request);
  }

  /**
   * Goes on with a merge that did not end well, into the same folder: files that are whole stay. Throws
   * `merge.not_unfinished` and `merge.base_missing`.
   */
  async resume(model: ModelRecord, run: RunRecord, adapter: Adapter): Promise<Started> {
    requireUnfinished(model);
    requireBase(run);
    const request = readRequest(this.#deps.folder.modelDir(model.id), model);
    const { error: _error, ...rest } = model;
    return this.#launch({ ...rest, state: 'building' }, run, adapter, request);
  }

  async #launch(record: ModelRecord, run: RunRecord, adapter: Adapter, request: Request): Promise<Started> {
    const { clock, folder, ids, models, saveRecord, supervisor } = this.#deps;
    const jobId = ids.next();
    const model: ModelRecord = { ...record, jobId };
    saveRecord(folder.modelDir(model.id), model);
    models.save(model);
    const { dtype, maxShardBytes, parityPrompts } = request;
    const spec = newJobSpec(
      'merge',
      {
        basePath: run.modelPath,
        adapterPath: adapter.path,
        outPath: model.path,
        dtype,
        maxShardBytes,
        parityPrompts,
      },
      { id: jobId, nowMs: clock.nowMs() },
    );
    try {
      await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    } catch (error) {
      models.save({ ...model, state: 'failed', error: { ...toErrorBody(error) } });
      throw error;
    }
    return { modelId: model.id, jobId };
  }
}

/** Throws `merge.not_unfinished` for a merge that runs or is whole. */
export function requireUnfinished(model: ModelRecord): void {
  if (model.origin !== 'merged' || model.state !== 'failed')
    throw new StudioError('merge.not_unfinished', { model: model.name });
}

function requireBase(run: RunRecord): void {
  if (!existsSync(run.modelPath)) throw new StudioError('merge.base_missing', { path: run.modelPath });
}

function readRequest(dir: string, model: ModelRecord): Request {
  try {
    return requestSchema.parse(JSON.parse(readFileSync(path.join(dir, REQUEST_FILE), 'utf8')));
  } catch {
    // Of a studio that kept no requests, or somebody's edit: nothing says what to go on with.
    throw new StudioError('merge.not_unfinished', { model: model.name });
  }
}
