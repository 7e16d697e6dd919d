import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';

/** A run of which only its name and state matter. */
export const runSummary = (id: string, state: RunSummary['state']): RunSummary => ({
  id,
  name: id,
  state,
  origin: 'studio',
  modelPath: '',
  modelName: '',
  datasetPath: '',
  method: 'lora',
  datasetName: '',
  createdAtMs: 0,
  attempts: 1,
  step: 10,
  tags: [],
  note: '',
});
