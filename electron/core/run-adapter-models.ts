import { statSync } from 'node:fs';
import path from 'node:path';

import type { ModelFacts } from '../shared/contract/methods/models.ts';
import type { ModelRecord } from './db/repositories/model-repository.ts';
import type { RunRecord, RunRepository } from './db/repositories/run-repository.ts';
import { inspectAdapter } from './models/inspect-adapter.ts';
import { adapterOf } from './runs/run-adapter.ts';
import type { WholeCheckpoint } from './runs/checkpoint-files.ts';

/** Facts of adapters that were looked at; a list of a thousand asks for a hundred at a time. */
const MOST_KEPT = 1000;

/**
 * The adapters of runs as entries of the library, under the ids of their runs: the final one of a finished run, else
 * that of its newest checkpoint. They are no records of their own, so they come and go with their runs.
 */
export function createRunAdapterModels(
  runs: Pick<RunRepository, 'byId'>,
  resumable: (run: RunRecord) => readonly WholeCheckpoint[],
): (runId: string) => ModelRecord | undefined {
  const known = new Map<string, ModelFacts | undefined>();
  const factsOf = (folder: string): ModelFacts | undefined => {
    const stat = statSync(path.join(folder, 'adapter_model.safetensors'), { throwIfNoEntry: false });
    const key = JSON.stringify([folder, stat?.size, stat?.mtimeMs]);
    if (!known.has(key)) {
      if (known.size >= MOST_KEPT) known.clear();
      known.set(key, inspected(folder));
    }
    return known.get(key);
  };
  return (runId) => {
    const run = runs.byId(runId);
    const adapter = run === undefined ? undefined : adapterOf(run, resumable(run), undefined);
    if (run === undefined || adapter === undefined) return undefined;
    const facts = factsOf(adapter.path);
    return {
      id: run.id,
      name: run.name,
      path: adapter.path,
      kind: 'adapter',
      origin: 'run',
      state: 'ready',
      createdAtMs: run.endedAtMs ?? run.createdAtMs,
      ...(facts === undefined ? {} : { facts }),
      baseModelPath: run.modelPath,
      runId: run.id,
      step: adapter.step,
    };
  };
}

/** Undefined for a folder that somebody has damaged; the run itself says more. */
function inspected(folder: string): ModelFacts | undefined {
  try {
    return inspectAdapter(folder);
  } catch {
    return undefined;
  }
}
