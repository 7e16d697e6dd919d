import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { isFile } from './is-file.ts';
import { isObject, parseStrictObject } from './strict-json.ts';
import { readSafetensorsHeader, type TensorInfo } from './safetensors-header.ts';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
const PICKLE_FILE = /\.(bin|pt|pth|ckpt|pkl)$/u;
/** Tensor names that an error carries as detail. */
const MOST_NAMED = 50;

/** The longest name that file systems take. */
const MAX_NAME_BYTES = 255;

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
    if (!isShardName(file)) throw new StudioError('model.index_path', { file });
    if (!isFile(path.join(folder, file))) throw new StudioError('model.shard_missing', { file });
    for (const [name, info] of readSafetensorsHeader(path.join(folder, file))) {
      const before = found.get(name);
      if (before !== undefined) throw indexBroken(`${name} stands in ${before} and in ${file}`);
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
    const weightMap = parseStrictObject(readFileSync(file))['weight_map'];
    if (!isObject(weightMap)) throw new Error('it has no weight map');
    return new Map(
      Object.entries(weightMap).map(([name, shard]) => {
        if (typeof shard !== 'string') throw new Error(`${name} has no file name`);
        return [name, shard];
      }),
    );
  } catch (error) {
    throw indexBroken(error instanceof Error ? error.message : String(error), error);
  }
}

function indexBroken(detail: string, cause?: unknown): StudioError {
  return new StudioError('model.index_broken', { file: INDEX_FILE }, { detail, cause });
}

/** A plain file name on every system: a Windows path in an index is refused on Linux too. */
function isShardName(file: string): boolean {
  const isPlain = path.win32.basename(file) === file && !/[/:\0]/u.test(file);
  return isPlain && file.endsWith('.safetensors') && Buffer.byteLength(file) <= MAX_NAME_BYTES;
}
