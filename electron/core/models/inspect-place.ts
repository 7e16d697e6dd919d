import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import type { ModelFacts } from '../../shared/contract/methods/models.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ModelKind } from '../../shared/domain/model-kinds.ts';
import { inspectAdapter, isAdapterFolder } from './inspect-adapter.ts';
import { isGgufFile } from './gguf-header.ts';
import { inspectGguf } from './inspect-gguf.ts';
import { inspectModel, inspectUnsupported } from './inspect-model.ts';

/** Whole folders that the engine does not compute: worth a record with the reason. Whatever else fails is damaged or dangerous. */
const KEPT_REASONS = new Set([
  'model.unsupported_architecture',
  'model.unsupported_option',
  'model.rope_unsupported',
  'model.tensor_dtype',
]);

export type InspectedPlace = Readonly<{ kind: ModelKind; path: string; facts: ModelFacts }>;

/**
 * What a person's folder or file holds, read without executing anything: a base, an adapter or a GGUF model. Throws
 * the `model.*` error that keeps it out of the library.
 */
export function inspectPlace(place: string): InspectedPlace {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat?.isFile() === true && isGgufFile(place)) {
    return { kind: 'gguf', path: place, facts: inspectGguf(place) };
  }
  if (stat?.isDirectory() !== true) throw new StudioError('model.folder_missing', { folder: place });
  if (!isThere(path.join(place, 'config.json'))) {
    if (isAdapterFolder(place)) return { kind: 'adapter', path: place, facts: inspectAdapter(place) };
    const gguf = readdirSync(place)
      .filter((name) => /\.gguf$/iu.test(name))
      .sort();
    const [only] = gguf;
    if (gguf.length > 1) throw new StudioError('model.gguf_several', { folder: place, files: gguf });
    if (only !== undefined) {
      const file = path.join(place, only);
      return { kind: 'gguf', path: file, facts: inspectGguf(file) };
    }
  }
  return { kind: 'base', path: place, facts: inspectBase(place) };
}

function inspectBase(folder: string): ModelFacts {
  try {
    return inspectModel(folder);
  } catch (error) {
    if (!(error instanceof StudioError) || !KEPT_REASONS.has(error.code)) throw error;
    const { code, params, detail } = error;
    return inspectUnsupported(folder, {
      code,
      params: { ...params },
      ...(detail === undefined ? {} : { detail }),
    });
  }
}

const isThere = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;
