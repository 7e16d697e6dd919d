import { hostname, userInfo } from 'node:os';

import { StudioError } from '../shared/contract/studio-error.ts';
import type { ModelFacts } from '../shared/contract/methods/models.ts';
import type { CardBase, CardDataset, CardRecord, CardTraining } from '../shared/domain/card/card-record.ts';
import { renderCard } from '../shared/domain/card/render-card.ts';
import { HUBS } from '../shared/domain/hub-endpoints.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { ModelRecord } from './db/repositories/model-repository.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import { readCatalogue } from './models/read-catalogue.ts';
import type { CorePorts } from './ports.ts';
import { isWeights } from './release/release-files.ts';
import type { CardRequest, MadeCard, PartSource, ReleaseSources } from './release/release-source.ts';

export type ReleaseCardsDeps = Readonly<{ ports: CorePorts; repositories: CoreRepositories }>;

/** Cards of releases, from what the run's own record holds; what is not there is not said. */
export function createReleaseCards({ ports, repositories }: ReleaseCardsDeps): ReleaseSources['cards'] {
  return (request) =>
    Promise.resolve(
      request.sources.map((source): MadeCard => {
        const run = source.runId === undefined ? undefined : repositories.runs.byId(source.runId);
        if (run === undefined) throw new StudioError('release.no_run', { model: source.name });
        const record = recordOf(request, source, run);
        const { readme, warnings } = renderCard(record, {
          hub: request.hub,
          language: request.language,
          known: {
            paths: [ports.home, source.folder, run.dir, run.modelPath, run.datasetPath],
            names: [userInfo().username, hostname()],
          },
        });
        return { part: source.part, readme, warnings, files: [] };
      }),
    );

  function recordOf(request: CardRequest, source: PartSource, run: RunRecord): CardRecord {
    const { audience, card, hub, madeAtMs } = request;
    const { texts } = card;
    const base = repositories.models.byPath(run.modelPath);
    const ids = Object.fromEntries(card.parts.map(({ part, repository }) => [part, repository]));
    return {
      part: source.part,
      title: texts.title === '' ? source.name : texts.title,
      audience,
      domain: texts.domain,
      words: { intendedUse: texts.intendedUse, limitations: texts.limitations, citation: texts.citation },
      hasDisclaimer: texts.disclaimer,
      licence: card.licence ?? undefined,
      licenceReason: card.licenceReason === '' ? undefined : card.licenceReason,
      repositories: { modelscope: {}, huggingface: {}, [hub]: ids },
      base: baseOf(run, base),
      datasets: [datasetOf(run, texts.datasets)],
      languages: [],
      training: trainingOf(run, source.step),
      template: run.recipe.template === 'auto' ? base?.facts?.template : run.recipe.template,
      evaluations: [],
      samples: repositories.samples
        .ofRun(run.id)
        .filter(({ prompt }) => texts.samplePrompts.includes(prompt))
        .map(({ answer, prompt, step }) => ({ answer, prompt, step, baseAnswer: undefined })),
      parity: undefined,
      weights: source.files
        .filter((file) => isWeights(file.path))
        .map(({ bytes, path }) => ({ path, bytes })),
      weightType: undefined,
      picture: undefined,
      personalData: undefined,
      studioVersion: ports.version,
      madeAtMs,
    };
  }

  function baseOf(run: RunRecord, base: ModelRecord | undefined): CardBase {
    const source = base?.source;
    const facts: ModelFacts | undefined = base?.facts;
    const entry = readCatalogue(ports.resourcesDir).find(
      ({ hubs }) => source !== undefined && source.hub !== 'ollama' && hubs[source.hub] === source.repository,
    );
    const own = HUBS.filter((hub) => source?.hub === hub).map((hub) => [hub, source?.repository] as const);
    return {
      name: base?.name ?? run.modelName,
      ids: { ...entry?.hubs, ...Object.fromEntries(own) },
      revision: source?.revision,
      architecture: facts?.architecture,
      parameters: facts?.parameters,
      licence:
        facts?.licence === undefined ? undefined : { name: facts.licence.name, file: facts.licence.file },
      gated: (entry?.gatedOn.length ?? 0) > 0,
    };
  }
}

function datasetOf(run: RunRecord, known: CardRequest['card']['texts']['datasets']): CardDataset {
  const stated = known.find((one) => one.name === run.datasetName);
  return {
    name: run.datasetName,
    link: stated?.link,
    licence: stated?.licence,
    generatedBy: stated?.generatedBy,
    counts: undefined,
    evalFraction: undefined,
    splitSeed: undefined,
    excludedReasons: [],
    contentHash: undefined,
    sources: [],
  };
}

function trainingOf(run: RunRecord, step: number | undefined): CardTraining {
  return {
    runId: run.id,
    runName: run.name,
    recipe: run.recipe,
    plan: undefined,
    step: step ?? run.step,
    epoch: run.epoch,
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    computeMs: undefined,
    attempts: run.attempts,
    machine: { devices: [], precision: undefined, platform: undefined, python: undefined, packages: [] },
    loss: { first: run.lossFirst, last: run.loss },
    evalLoss: {
      base: run.evalLossFirst,
      released: run.evalLoss,
      best:
        run.bestEvalLoss === undefined || run.bestEvalStep === undefined
          ? undefined
          : { value: run.bestEvalLoss, step: run.bestEvalStep },
      rows: undefined,
    },
  };
}
