import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { CardDomain } from '../shared/domain/card/card-record.ts';
import { describeCardWarning } from '../shared/domain/card/warning-words.ts';
import { createCardMaker } from './card-maker.ts';
import type { CoreServices } from './core-services.ts';
import { requireOne } from './db/repositories/require-one.ts';
import type { CorePorts } from './ports.ts';
import type { CardChoices, CardSource } from './release/gather-card.ts';
import { weightFiles } from './release/weight-files.ts';
import { adapterOf, tunedModelOf } from './runs/run-adapter.ts';

/** Cards as they would be, before anything is released. */
export function cardHandlers(
  ports: CorePorts,
  services: CoreServices,
): Pick<HandlersFor<StudioContract>, 'cards.render'> {
  const make = createCardMaker({
    ports,
    repositories: services.repositories,
    digests: services.modelDigests,
  });
  return {
    'cards.render': async ({ domain, hub, language, licence, ...of }) => {
      const source = 'run' in of ? ofRun(services, of.run, of.step) : ofModel(services, of.model);
      const made = await make(source, choicesOf(domain, licence), {
        hub,
        language,
        madeAtMs: ports.clock.nowMs(),
      });
      return {
        readme: made.readme,
        warnings: made.warnings.map((warning) => ({
          code: warning.code,
          needsReason: warning.needsReason,
          ...describeCardWarning(warning, language),
        })),
        removed: { ...made.removed },
      };
    },
  };
}

type Source = CardSource & Readonly<{ folder: string }>;

function ofRun({ repositories, runs }: CoreServices, reference: string, step: number | undefined): Source {
  const run = runs.find(reference);
  const whole = runs.resumable(run);
  const adapter = adapterOf(run, whole, step);
  const weights = adapter ?? tunedModelOf(run, whole, step);
  if (weights === undefined) throw new StudioError('export.no_adapter', { run: run.name });
  const folder = weights.path;
  return {
    part: adapter === undefined ? 'merged' : 'adapter',
    run,
    step: weights.step,
    model: adapter === undefined ? repositories.models.byPath(folder) : undefined,
    weights: weightFiles(folder),
    folder,
  };
}

function ofModel({ repositories }: CoreServices, reference: string): Source {
  const model = requireOne('model', repositories.models.find, reference);
  const run = model.runId === undefined ? undefined : repositories.runs.byId(model.runId);
  if (run === undefined) throw new StudioError('card.no_run', { model: model.name });
  return {
    part: model.kind === 'gguf' ? 'gguf' : 'merged',
    run,
    step: model.step,
    model,
    weights: weightFiles(model.path),
    folder: model.path,
  };
}

/** Nothing but what the caller says: there is no licence that a person has not chosen. */
const choicesOf = (domain: CardDomain, licence: string | undefined): CardChoices => ({
  title: '',
  audience: 'private',
  domain,
  words: { intendedUse: '', limitations: '', citation: '' },
  hasDisclaimer: true,
  licence,
  licenceReason: undefined,
  repositories: { modelscope: {}, huggingface: {} },
  datasets: [],
  samplePrompts: [],
  evaluations: [],
  personalData: undefined,
});
