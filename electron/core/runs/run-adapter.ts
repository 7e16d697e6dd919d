import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import { adapterDir, tunedModelDir } from './run-folder.ts';
import type { WholeCheckpoint } from './checkpoint-files.ts';

export type RunAdapter = Readonly<{ path: string; step: number }>;

/** Newest whole adapter of a run: the final one, or that of a checkpoint. Undefined where there is none. */
export function adapterOf(
  run: RunRecord,
  checkpoints: readonly WholeCheckpoint[],
  step: number | undefined,
): RunAdapter | undefined {
  if (isFull(run)) return undefined;
  // A resumed run may still hold the final adapter of an earlier course; only a finished run's is final.
  const final = adapterDir(run.dir);
  const hasFinal = run.state === 'done' && existsSync(path.join(final, 'adapter_model.safetensors'));
  if (step === undefined && hasFinal) return { path: final, step: run.step };
  return checkpointOf(checkpoints, step);
}

function checkpointOf(
  checkpoints: readonly WholeCheckpoint[],
  step: number | undefined,
): RunAdapter | undefined {
  const checkpoint =
    step === undefined ? checkpoints.at(-1) : checkpoints.findLast((candidate) => candidate.step === step);
  return checkpoint === undefined ? undefined : { path: checkpoint.path, step: checkpoint.step };
}

/** Whether a run trains every parameter. A run stored by an older studio has not the setting. */
export const isFull = ({ recipe }: Pick<RunRecord, 'recipe'>): boolean =>
  (recipe as Partial<typeof recipe>).method === 'full';

/** As {@link adapterOf}, of a run of full fine-tuning: a model folder that stands by itself. */
export function tunedModelOf(
  run: RunRecord,
  checkpoints: readonly WholeCheckpoint[],
  step: number | undefined,
): RunAdapter | undefined {
  if (!isFull(run)) return undefined;
  const final = tunedModelDir(run.dir);
  if (step === undefined && run.state === 'done' && existsSync(path.join(final, 'config.json'))) {
    return { path: final, step: run.step };
  }
  return checkpointOf(checkpoints, step);
}

/** Where a recipe's `lora.continueFrom` lies: a run's newest adapter, or a folder. Throws `recipe.adapter_not_found`. */
export function startingAdapter(
  reference: string,
  runs: Readonly<{
    matching: (reference: string) => readonly RunRecord[];
    resumable: (run: RunRecord) => readonly WholeCheckpoint[];
  }>,
): string {
  const [run, ...others] = runs.matching(reference);
  if (run !== undefined && others.length === 0) {
    const adapter = adapterOf(run, runs.resumable(run), undefined);
    if (adapter !== undefined) return adapter.path;
  }
  const folder = path.resolve(reference);
  if (statSync(path.join(folder, 'adapter_config.json'), { throwIfNoEntry: false })?.isFile() === true) {
    return folder;
  }
  throw new StudioError('recipe.adapter_not_found', { adapter: reference });
}
