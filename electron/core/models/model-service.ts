import { statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { ModelRecord, ModelRepository } from '../db/repositories/model-repository.ts';
import { requireOne } from '../db/repositories/require-one.ts';
import type { Clock, IdGen } from '../ports.ts';
import { inspectModel } from './inspect-model.ts';
import { writeModelRecord } from './model-folder.ts';

export type ModelServiceDeps = Readonly<{
  models: ModelRepository;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
}>;

/** The library of models: folders that were added, and what the studio made. */
export class ModelService {
  readonly #deps: ModelServiceDeps;

  constructor(deps: ModelServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `core.not_found` or `core.ambiguous`. */
  find(reference: string): ModelRecord {
    return requireOne('model', this.#deps.models.find, reference);
  }

  /**
   * Adds a folder by reference, or answers with the record that it has. Throws the `model.*` error that keeps
   * the engine from using it.
   */
  add(folderPath: string, name: string | undefined): ModelRecord {
    const { clock, folder, ids, models } = this.#deps;
    const modelPath = path.resolve(folderPath);
    const facts = inspectModel(modelPath);
    const known = models.byPath(modelPath);
    const model: ModelRecord = {
      ...(known ?? { id: ids.next(), path: modelPath, origin: 'added', createdAtMs: clock.nowMs() }),
      name: name ?? known?.name ?? path.basename(modelPath),
      state: 'ready',
      facts,
    };
    writeModelRecord(folder.modelDir(model.id), model);
    models.save(model);
    return model;
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
      inspectModel(model.path);
      return { id: model.id, name: model.name, path: model.path };
    }
    const modelPath = path.resolve(reference);
    if (!(statSync(modelPath, { throwIfNoEntry: false })?.isDirectory() ?? false)) return undefined;
    inspectModel(modelPath);
    return { id: undefined, name: path.basename(modelPath), path: modelPath };
  }
}
