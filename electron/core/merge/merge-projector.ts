import { z } from 'zod';

import type { ModelFacts } from '../../shared/contract/methods/models.ts';
import { toErrorBody } from '../../shared/contract/studio-error.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import type { ModelRecord, ModelRepository } from '../db/repositories/model-repository.ts';
import type { JobProjector, JobRecord } from '../jobs/job-record.ts';

export type MergeProjectorDeps = Readonly<{
  models: ModelRepository;
  /** Throws the `model.*` error of a folder that the engine could not use. */
  inspect: (modelPath: string) => ModelFacts;
  saveRecord: (model: ModelRecord) => void;
}>;

const paritySchema = z.record(z.string(), z.unknown());

/** Follows merge jobs into model records. */
export function createMergeProjector({ models, inspect, saveRecord }: MergeProjectorDeps): JobProjector {
  const ended = (model: ModelRecord, job: JobRecord): ModelRecord => {
    if (job.state !== 'done') {
      const error = job.error ?? { code: 'merge.stopped', params: { state: job.state } };
      return { ...model, state: 'failed', error: { ...error } };
    }
    try {
      const parity = paritySchema.safeParse(job.result?.['parity']);
      return {
        ...model,
        state: 'ready',
        facts: inspect(model.path),
        parity: parity.success ? parity.data : undefined,
        error: undefined,
      };
    } catch (error) {
      return { ...model, state: 'failed', error: { ...toErrorBody(error) } };
    }
  };

  return {
    project: () => undefined,
    stateChanged: (job) => {
      if (job.kind !== 'merge' || isLive(job.state)) return;
      const model = models.byJob(job.id);
      if (model === undefined) return;
      const changed = ended(model, job);
      models.save(changed);
      saveRecord(changed);
    },
  };
}
