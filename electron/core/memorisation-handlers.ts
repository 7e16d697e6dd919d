import type { HandlersFor } from '../shared/contract/define.ts';
import type { MEMORISATION_METHODS } from '../shared/contract/methods/memorisation.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import { memorisationVerdict } from '../shared/domain/memorisation-verdict.ts';
import type { CoreServices } from './core-services.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import { readMemorisation } from './release/memorisation-file.ts';
import type { CheckedWeights } from './release/memorisation-service.ts';
import { adapterOf, tunedModelOf } from './runs/run-adapter.ts';
import { toJobView } from './topics/job-view.ts';

/** Whether what a run made gives its training rows back. */
export function memorisationHandlers(services: CoreServices): HandlersFor<typeof MEMORISATION_METHODS> {
  const { memorisation, models, runs } = services;
  return {
    'memorisation.start': ({ run: reference, step, model, ...request }) => {
      const run = runs.find(reference);
      const weights = model === undefined ? weightsOf(run, step) : weightsOfModel(run, model);
      return memorisation.start(run, weights, request);
    },
    'memorisation.show': ({ run: reference }) => {
      const run = runs.find(reference);
      const result = readMemorisation(run.dir);
      const job = memorisation.running(run.id);
      return {
        ...(result === undefined ? {} : { result, verdict: memorisationVerdict(result) }),
        ...(job === undefined ? {} : { job: toJobView(job) }),
      };
    },
  };

  function weightsOf(run: RunRecord, step: number | undefined): CheckedWeights {
    const checkpoints = runs.resumable(run);
    const adapter = adapterOf(run, checkpoints, step);
    if (adapter !== undefined) return { kind: 'adapter', ...adapter };
    const model = tunedModelOf(run, checkpoints, step);
    if (model === undefined) throw new StudioError('memorisation.no_weights', { run: run.name });
    return { kind: 'model', ...model };
  }

  function weightsOfModel(run: RunRecord, reference: string): CheckedWeights {
    const model = models.find(reference);
    if (model.runId !== run.id || model.state !== 'ready' || model.kind === 'gguf') {
      throw new StudioError('memorisation.other_model', { run: run.name, model: model.name });
    }
    return { kind: 'model', path: model.path, step: model.step ?? run.step };
  }
}
