import { existsSync } from 'node:fs';
import path from 'node:path';

import type { ModelFacts } from '../../shared/contract/methods/models.ts';
import { toErrorBody } from '../../shared/contract/studio-error.ts';
import type { ModelRecord, ModelRepository } from '../db/repositories/model-repository.ts';
import type { RunRecord, RunRepository } from '../db/repositories/run-repository.ts';
import type { JobProjector } from '../jobs/job-record.ts';
import type { IdGen } from '../ports.ts';
import { isFull } from './run-adapter.ts';
import { tunedModelDir } from './run-folder.ts';

export type TunedModelDeps = Readonly<{
  runs: Pick<RunRepository, 'byJob'>;
  models: Pick<ModelRepository, 'byPath' | 'save'>;
  ids: IdGen;
  /** Throws the `model.*` error of a folder that the engine could not use. */
  inspect: (modelPath: string) => ModelFacts;
  saveRecord: (model: ModelRecord) => void;
}>;

/** Puts the model of a finished run of full fine-tuning into the library, by reference: it stays with its run. */
function registerTunedModel(run: RunRecord, deps: Omit<TunedModelDeps, 'runs'>): void {
  const folder = tunedModelDir(run.dir);
  if (!isFull(run) || !existsSync(path.join(folder, 'config.json'))) return;
  const known = deps.models.byPath(folder);
  const model: ModelRecord = {
    ...(known ?? {
      id: deps.ids.next(),
      name: run.name,
      path: folder,
      kind: 'base',
      origin: 'added',
    }),
    createdAtMs: run.endedAtMs ?? run.createdAtMs,
    baseModelPath: run.modelPath,
    runId: run.id,
    step: run.step,
    ...stateOf(folder, deps),
  };
  deps.saveRecord(model);
  deps.models.save(model);
}

function stateOf(
  folder: string,
  { inspect }: Pick<TunedModelDeps, 'inspect'>,
): Pick<ModelRecord, 'state' | 'facts' | 'error'> {
  try {
    return { state: 'ready', facts: inspect(folder) };
  } catch (error) {
    return { state: 'failed', error: { ...toErrorBody(error) } };
  }
}

/** Follows training jobs to their end. */
export function createTunedModelProjector({ runs, ...deps }: TunedModelDeps): JobProjector {
  return {
    project: () => undefined,
    stateChanged: (job) => {
      if (job.kind !== 'train' || job.state !== 'done') return;
      const run = runs.byJob(job.id);
      // Only the newest attempt speaks for the run.
      if (run?.jobId === job.id) registerTunedModel(run, deps);
    },
  };
}
