import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { readSafetensorsHeader, type TensorInfo } from './safetensors-header.ts';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
const PICKLE_FILE = /\.(bin|pt|pth|ckpt|pkl)$/u;
/** Tensor names that an error carries as detail. */
const MOST_NAMED = 50;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Names, types and shapes of every tensor of a model folder, from the headers of its safetensors files.
 * Throws `model.no_weights`, `model.pickle_only`, `model.index_broken`, `model.index_path`,
 * `model.shard_missing`, `model.shard_broken`, `model.missing_tensors`.
 */
export function readModelTensors(folder: string): ReadonlyMap<string, TensorInfo> {
  if (isFile(path.join(folder, INDEX_FILE))) return readIndexed(folder);
  if (isFile(path.join(folder, SINGLE_FILE))) return readSafetensorsHeader(path.join(folder, SINGLE_FILE));
  const pickle = readdirSync(folder)
    .filter((name) => PICKLE_FILE.test(name))
    .sort()[0];
  if (pickle !== undefined) throw new StudioError('model.pickle_only', { folder, file: pickle });
  throw new StudioError('model.no_weights', { folder });
}

/** File names of the shards of a model folder. Throws `model.index_broken`. */
export function shardFiles(folder: string): readonly string[] {
  if (!isFile(path.join(folder, INDEX_FILE))) return [SINGLE_FILE];
  return [...new Set(readIndex(path.join(folder, INDEX_FILE)).values())];
}

export function missingTensors(names: readonly string[]): StudioError {
  const params = { count: names.length, first: names[0] ?? '' };
  return new StudioError('model.missing_tensors', params, { detail: names.slice(0, MOST_NAMED).join('\n') });
}

export function extraTensors(names: readonly string[]): StudioError {
  const params = { count: names.length, first: names[0] ?? '' };
  return new StudioError('model.extra_tensors', params, { detail: names.slice(0, MOST_NAMED).join('\n') });
}

function readIndexed(folder: string): ReadonlyMap<string, TensorInfo> {
  const shardOf = readIndex(path.join(folder, INDEX_FILE));
  const infos = new Map<string, TensorInfo>();
  const found = new Map<string, string>();
  for (const file of new Set(shardOf.values())) {
    // An index must not reach outside its folder, on any system.
    const isPlain = path.win32.basename(file) === file && !file.includes(':') && !file.includes('\0');
    if (!isPlain || !file.endsWith('.safetensors')) throw new StudioError('model.index_path', { file });
    if (!isFile(path.join(folder, file))) throw new StudioError('model.shard_missing', { file });
    for (const [name, info] of readSafetensorsHeader(path.join(folder, file))) {
      infos.set(name, info);
      found.set(name, file);
    }
  }
  const absent = [...shardOf].filter(([name, file]) => found.get(name) !== file).map(([name]) => name);
  if (absent.length > 0) throw missingTensors(absent);
  return infos;
}

function readIndex(file: string): ReadonlyMap<string, string> {
  try {
    const { weight_map: weightMap } = indexSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return new Map(Object.entries(weightMap));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StudioError('model.index_broken', { file: INDEX_FILE }, { detail, cause: error });
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
