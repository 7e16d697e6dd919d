import { StudioError } from '../shared/contract/studio-error.ts';
import type { CardRepositories } from '../shared/domain/card/card-record.ts';
import { createCardMaker } from './card-maker.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { ModelDigests } from './models/model-digests.ts';
import type { CorePorts } from './ports.ts';
import type { CardChoices } from './release/gather-card.ts';
import { readMemorisation } from './release/memorisation-file.ts';
import { isWeights } from './release/release-files.ts';
import type { CardRequest, MadeCard, ReleaseSources } from './release/release-source.ts';

export type ReleaseCardsDeps = Readonly<{
  ports: CorePorts;
  repositories: CoreRepositories;
  digests: Pick<ModelDigests, 'state'>;
}>;

/** Cards of releases, from what the run's own record holds; what is not there is not said. */
export function createReleaseCards(deps: ReleaseCardsDeps): ReleaseSources['cards'] {
  const { repositories } = deps;
  const make = createCardMaker(deps);
  return (request) =>
    Promise.all(
      request.sources.map(async ({ files, folder, modelId, name, part, runId, step }): Promise<MadeCard> => {
        const run = runId === undefined ? undefined : repositories.runs.byId(runId);
        if (run === undefined) throw new StudioError('release.no_run', { model: name });
        const weights = files
          .filter((file) => isWeights(file.path))
          .map(({ bytes, path }) => ({ path, bytes }));
        const model = modelId === undefined ? undefined : repositories.models.byId(modelId);
        const choices = choicesOf(request, readMemorisation(run.dir));
        const made = await make({ part, run, step, model, weights, folder }, choices, request);
        return { part, ...made };
      }),
    );
}

function choicesOf(
  { audience, card, hub }: CardRequest,
  checked: ReturnType<typeof readMemorisation>,
): CardChoices {
  const { licence, licenceReason, parts, texts } = card;
  const own: CardRepositories = Object.fromEntries(parts.map(({ part, repository }) => [part, repository]));
  return {
    title: texts.title,
    audience,
    domain: texts.domain,
    words: { intendedUse: texts.intendedUse, limitations: texts.limitations, citation: texts.citation },
    hasDisclaimer: texts.disclaimer,
    licence: licence ?? undefined,
    licenceReason: licenceReason === '' ? undefined : licenceReason,
    repositories: { modelscope: {}, huggingface: {}, [hub]: own },
    datasets: texts.datasets,
    samplePrompts: texts.samplePrompts,
    evaluations: [],
    personalData:
      checked === undefined
        ? undefined
        : { rows: checked.dataset.trainRows, found: checked.personalData.foundRows },
  };
}
