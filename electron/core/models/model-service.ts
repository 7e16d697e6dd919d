import { statSync } from 'node:fs';
import path from 'node:path';

import type { ModelDetail, ModelSource } from '../../shared/contract/methods/models.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { LibraryQuery, ModelRecord, ModelRepository } from '../db/repositories/model-repository.ts';
import type { RecordPage } from '../db/repositories/record-shelf.ts';
import { requireOne } from '../db/repositories/require-one.ts';
import type { Clock, IdGen } from '../ports.ts';
import { findBase } from './find-base.ts';
import { inspectModel } from './inspect-model.ts';
import { inspectPlace } from './inspect-place.ts';
import type { ModelDigests } from './model-digests.ts';
import { writeModelRecord } from './model-folder.ts';
import { nameOfPath, sourceOfPath } from './path-source.ts';

export type ModelServiceDeps = Readonly<{
  models: ModelRepository;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  digests: ModelDigests;
  /** A run's adapter as an entry of the library; undefined where the run has none now. */
  adapterOfRun: (runId: string) => ModelRecord | undefined;
}>;

export type AddRequest = Readonly<{
  path: string;
  name: string | undefined;
  source: ModelSource | undefined;
}>;

/** The library of models: what was added, what the studio made, and the adapters of its runs. */
export class ModelService {
  readonly #deps: ModelServiceDeps;

  constructor(deps: ModelServiceDeps) {
    this.#deps = deps;
  }

  /** A record of its own. Throws `core.not_found` or `core.ambiguous`. */
  find(reference: string): ModelRecord {
    return requireOne('model', this.#deps.models.find, reference);
  }

  /**
   * Adds a folder or a GGUF file by reference, or answers with the record that it has. Throws the `model.*` error
   * that keeps it out of the library.
   */
  add({ path: wanted, name, source }: AddRequest): ModelRecord {
    const { clock, folder, ids, models } = this.#deps;
    const { kind, path: modelPath, facts } = inspectPlace(path.resolve(wanted));
    const known = models.byPath(modelPath);
    const from = source ?? known?.source ?? sourceOfPath(modelPath);
    const model: ModelRecord = {
      ...(known ?? { id: ids.next(), path: modelPath, origin: 'added', createdAtMs: clock.nowMs() }),
      name: name ?? known?.name ?? nameOfPath(modelPath),
      kind: known?.kind === 'merged' ? 'merged' : kind,
      state: 'ready',
      facts,
      ...(from === undefined ? {} : { source: from }),
    };
    writeModelRecord(folder.modelDir(model.id), model);
    models.save(model);
    return this.#withBase(model);
  }

  /** Records and adapters of runs, each adapter with its base where the library has it. */
  list(query: LibraryQuery): RecordPage<ModelRecord> {
    const { models, adapterOfRun } = this.#deps;
    const { total, items } = models.library(query);
    const bases = models.bases();
    return {
      total,
      items: items.flatMap(({ holder, id }) => {
        const model = holder === 'model' ? models.byId(id) : adapterOfRun(id);
        return model === undefined ? [] : [this.#withBase(model, bases)];
      }),
    };
  }

  /** One entry with its base and digests. Throws `core.not_found` or `core.ambiguous`. */
  show(reference: string): ModelDetail {
    const { adapterOfRun, digests, models } = this.#deps;
    const bases = models.bases();
    const model = this.#withBase(adapterOfRun(reference) ?? this.find(reference), bases);
    const base = findBase(model, bases);
    return {
      ...model,
      ...(base === undefined ? {} : { base: { id: base.id, name: base.name } }),
      digests: digests.state(model),
    };
  }

  /**
   * What a recipe or a job may read: a ready model of the library, or a model folder anywhere. Throws
   * `model.not_ready`, `core.ambiguous` and the `model.*` errors of the folder; undefined where the reference
   * means nothing.
   */
  resolve(reference: string): Readonly<{ id: string | undefined; name: string; path: string }> | undefined {
    const [found] = this.#deps.models.find(reference);
    if (found !== undefined) {
      const model = this.find(reference);
      if (model.state !== 'ready') {
        throw new StudioError('model.not_ready', { model: model.name, state: model.state });
      }
      if (model.kind === 'gguf') {
        throw new StudioError('model.gguf_not_trained', { file: path.basename(model.path) });
      }
      inspectModel(model.path);
      return { id: model.id, name: model.name, path: model.path };
    }
    const modelPath = path.resolve(reference);
    if (!(statSync(modelPath, { throwIfNoEntry: false })?.isDirectory() ?? false)) return undefined;
    inspectModel(modelPath);
    return { id: undefined, name: path.basename(modelPath), path: modelPath };
  }

  /** The base of an adapter: its path joins the record, or the reason that it is of no use here. */
  #withBase(model: ModelRecord, bases = this.#deps.models.bases()): ModelRecord {
    if (model.kind !== 'adapter' || model.facts === undefined) return model;
    const base = findBase(model, bases);
    if (base !== undefined) return { ...model, baseModelPath: base.path };
    if (!model.facts.supported) return model;
    const params = { base: model.facts.adapter?.baseName ?? model.baseModelPath ?? '?' };
    const reason = { code: 'model.adapter_base_missing', params };
    return { ...model, facts: { ...model.facts, supported: false, reason } };
  }
}
