import { existsSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../shared/contract/studio-error.ts';
import { memorisationVerdict } from '../shared/domain/memorisation-verdict.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { ModelRecord } from './db/repositories/model-repository.ts';
import { requireOne } from './db/repositories/require-one.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import type { ModelDigests } from './models/model-digests.ts';
import { readCatalogue } from './models/read-catalogue.ts';
import { readLicence } from './models/read-licence.ts';
import { readMemorisation } from './release/memorisation-file.ts';
import { releasedFiles, type SourceFile } from './release/release-files.ts';
import type { PartSource, ReleaseSources } from './release/release-source.ts';
import { adapterOf } from './runs/run-adapter.ts';
import type { WholeCheckpoint } from './runs/checkpoint-files.ts';

export type ReleaseSourcesDeps = Readonly<{
  repositories: CoreRepositories;
  resumable: (run: RunRecord) => readonly WholeCheckpoint[];
  digests: Pick<ModelDigests, 'state'>;
  resourcesDir: string;
  cards: ReleaseSources['cards'];
}>;

/** Models of a run that an offer names; more of them are chosen from the library. */
const EVERY = { search: '', offset: 0, limit: 1_000_000 } as const;

/** Where releases meet runs and models. */
export function createReleaseSources(deps: ReleaseSourcesDeps): ReleaseSources {
  const { cards, digests, repositories, resourcesDir, resumable } = deps;
  const { datasets, models, runs, samples } = repositories;

  return {
    cards,
    resolve: (choice) =>
      choice.part === 'adapter'
        ? adapterSource(requireOne('run', runs.find, choice.run), choice.step)
        : modelSource(requireOne('model', models.find, choice.model), choice.part),
    offers: (wanted) => {
      if ('run' in wanted) {
        const run = requireOne('run', runs.find, wanted.run);
        const made = [...adapterOffer(run, wanted.step), ...modelsOf(run)];
        if (made.length === 0) throw new StudioError('release.no_adapter', { run: run.name });
        return made;
      }
      // An adapter of a run stands in the library under the run's id.
      const run = models.find(wanted.model).length === 0 ? runs.byId(wanted.model) : undefined;
      if (run !== undefined) return [adapterSource(run, undefined), ...modelsOf(run)];
      const model = requireOne('model', models.find, wanted.model);
      const own = modelSource(model, model.kind === 'gguf' ? 'gguf' : 'merged');
      const maker = model.runId === undefined ? undefined : runs.byId(model.runId);
      return [own, ...(maker === undefined ? [] : adapterOffer(maker, model.step))];
    },
    baseOf: (source, hub) => {
      const base = baseRecordOf(source);
      const name = base?.name ?? runOf(source)?.modelName ?? source.name;
      if (base?.source?.hub === hub) {
        return { name, id: base.source.repository, revision: base.source.revision };
      }
      return { name, id: hubIdOf(base, name, hub), revision: undefined };
    },
    knownDigests: ({ modelId }) => {
      const model = modelId === undefined ? undefined : models.byId(modelId);
      const files = model === undefined ? [] : digests.state(model).files;
      return new Map(
        files.flatMap(({ name, sha256 }) => (sha256 === undefined ? [] : [[name, sha256] as const])),
      );
    },
    facts: (source) => {
      const run = runOf(source);
      const base = baseRecordOf(source)?.path ?? run?.modelPath;
      return {
        baseLicence: base === undefined || !existsSync(base) ? undefined : readLicence(base),
        datasets: run === undefined ? [] : [datasets.byId(run.datasetId ?? '')?.name ?? run.datasetName],
        samplePrompts:
          run === undefined ? [] : [...new Set(samples.ofRun(run.id).map((sample) => sample.prompt))],
      };
    },
    memorisation: (source) => {
      const run = runOf(source);
      const result = run === undefined ? undefined : readMemorisation(run.dir);
      // A merged model was compared with its adapter when it was written, so a check of either speaks for both.
      // Of another step, or of quantised weights, it says nothing.
      const isOfThese = source.part !== 'gguf' && result?.step === (source.step ?? run?.step);
      if (result === undefined || !isOfThese) return undefined;
      const verdict = memorisationVerdict(result);
      return verdict === 'none-found' ? 'clean' : verdict === 'found' ? 'flagged' : undefined;
    },
  };

  function adapterSource(run: RunRecord, step: number | undefined): PartSource {
    const adapter = adapterOf(run, resumable(run), step);
    if (adapter === undefined) throw new StudioError('release.no_adapter', { run: run.name });
    return {
      part: 'adapter',
      name: run.name,
      runId: run.id,
      step: adapter.step,
      modelId: undefined,
      folder: adapter.path,
      files: releasedFiles('adapter', adapter.path),
    };
  }

  function adapterOffer(run: RunRecord, step: number | undefined): readonly PartSource[] {
    const adapter = adapterOf(run, resumable(run), step);
    return adapter === undefined ? [] : [adapterSource(run, step)];
  }

  function modelSource(model: ModelRecord, part: 'merged' | 'gguf'): PartSource {
    const { id, kind, name, runId, state, step } = model;
    if (state !== 'ready') throw new StudioError('model.not_ready', { model: name, state });
    // A base that nothing was done to is its publisher's to release.
    const isMade =
      part === 'gguf' ? kind === 'gguf' : kind === 'merged' || (kind === 'base' && runId !== undefined);
    if (!isMade) throw new StudioError('release.part_kind', { model: name });
    const folder = kind === 'gguf' ? path.dirname(model.path) : model.path;
    if (!existsSync(folder)) throw new StudioError('release.no_files', { folder });
    const isOwn = (file: SourceFile): boolean =>
      !/\.gguf$/iu.test(file.path) || file.path === path.basename(model.path);
    return { part, name, runId, step, modelId: id, folder, files: releasedFiles(part, folder).filter(isOwn) };
  }

  function modelsOf(run: RunRecord): readonly PartSource[] {
    const made = models
      .list(EVERY)
      .items.filter((model) => model.runId === run.id && model.state === 'ready' && model.kind !== 'adapter');
    return made
      .filter((model) => existsSync(model.path))
      .map((model) => modelSource(model, model.kind === 'gguf' ? 'gguf' : 'merged'));
  }

  function runOf({ runId }: PartSource): RunRecord | undefined {
    return runId === undefined ? undefined : runs.byId(runId);
  }

  function baseRecordOf(source: PartSource): ModelRecord | undefined {
    const model = source.modelId === undefined ? undefined : models.byId(source.modelId);
    const place = runOf(source)?.modelPath ?? model?.baseModelPath;
    return place === undefined ? undefined : models.byPath(place);
  }

  /** Ids differ between hubs: the catalogue knows pairs; a name alone is no proof. */
  function hubIdOf(
    base: ModelRecord | undefined,
    name: string,
    hub: 'huggingface' | 'modelscope',
  ): string | undefined {
    const stated = base?.source;
    const entry = readCatalogue(resourcesDir).find(
      ({ hubs, name: known }) =>
        (stated !== undefined && stated.hub !== 'ollama' && hubs[stated.hub] === stated.repository) ||
        known === name,
    );
    return entry?.hubs[hub];
  }
}
