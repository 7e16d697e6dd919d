import { lstatSync, readFileSync, readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import type { FoundModel, ModelCache, ModelSource } from '../../shared/contract/methods/models.ts';
import { readableName } from './path-source.ts';

export type Found = Omit<FoundModel, 'modelId'>;

/** A cache of more has most of it named by a search of the hub itself. */
const MOST_FOUND = 500;
const MOST_MANIFEST_BYTES = 1024 * 1024;
const INDEX_FILE = 'model.safetensors.index.json';
const OLLAMA_MODEL = 'application/vnd.ollama.image.model';

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });
const manifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string(), size: z.int().nonnegative() })),
});

/**
 * The models of another program's cache, by the layouts that `huggingface_hub`, `modelscope` and Ollama write. A link
 * is followed only where it stays inside the cache; nothing is opened but indexes and manifests.
 */
export function scanCache(
  kind: ModelCache['kind'],
  place: string,
): Readonly<{ exists: boolean; items: readonly Found[]; left: number }> {
  const cache = openCache(place);
  if (cache === undefined) return { exists: false, items: [], left: 0 };
  const found = [...SCANS[kind](cache)];
  return { exists: true, items: found.slice(0, MOST_FOUND), left: Math.max(0, found.length - MOST_FOUND) };
}

type Cache = Readonly<{
  root: string;
  /** The place itself, where it exists and every link on the way stays inside; undefined otherwise. */
  real: (wanted: string) => string | undefined;
  folders: (wanted: string) => readonly string[];
  /** Names of the files that lie in a folder, links to files inside the cache among them. */
  files: (wanted: string) => readonly string[];
}>;

function openCache(place: string): Cache | undefined {
  let root: string;
  try {
    root = realpathSync(place);
    if (!statSync(root).isDirectory()) return undefined;
  } catch {
    return undefined;
  }
  const real = (wanted: string): string | undefined => {
    try {
      const found = realpathSync(wanted);
      return found === root || found.startsWith(root + path.sep) ? found : undefined;
    } catch {
      return undefined;
    }
  };
  const entries = (wanted: string): readonly Dirent[] => {
    if (real(wanted) === undefined) return [];
    try {
      return readdirSync(wanted, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch {
      return [];
    }
  };
  return {
    root,
    real,
    // A folder that is a link is another name of one that is met by itself.
    folders: (wanted) =>
      entries(wanted)
        .filter((one) => one.isDirectory())
        .map((one) => one.name),
    files: (wanted) =>
      entries(wanted)
        .filter((one) => one.isFile() || (one.isSymbolicLink() && isFile(real(path.join(wanted, one.name)))))
        .map((one) => one.name),
  };
}

const SCANS: Readonly<Record<ModelCache['kind'], (cache: Cache) => Iterable<Found>>> = {
  huggingface: scanHuggingFace,
  modelscope: scanModelScope,
  ollama: scanOllama,
};

/** `models--owner--name/snapshots/<revision>` with links into `blobs`; HF_HOME has it one folder deeper, in `hub`. */
function* scanHuggingFace(cache: Cache): Generator<Found> {
  for (const home of [cache.root, path.join(cache.root, 'hub')]) {
    for (const folder of cache.folders(home)) {
      if (!folder.startsWith('models--')) continue;
      const repository = folder.slice('models--'.length).replace('--', '/');
      const snapshots = path.join(home, folder, 'snapshots');
      for (const revision of cache.folders(snapshots)) {
        yield* inSnapshot(cache, path.join(snapshots, revision), {
          hub: 'huggingface',
          repository,
          revision,
        });
      }
    }
  }
}

/** Today's layout has snapshots; before it, `owner/name` with `___` for a dot, below `models`, `hub` or `hub/models`. */
function* scanModelScope(cache: Cache): Generator<Found> {
  for (const home of ['models', path.join('hub', 'models'), 'hub', '.']) {
    const place = path.join(cache.root, home);
    for (const owner of cache.folders(place)) {
      if (NOT_OWNERS.has(owner) || owner.startsWith('.')) continue;
      const snapshots = path.join(place, owner, 'snapshots');
      const [, group, name] = /^(.+?)--(.+)$/u.exec(owner) ?? [];
      if (group !== undefined && name !== undefined) {
        for (const revision of cache.folders(snapshots)) {
          const source = { hub: 'modelscope', repository: `${group}/${name}`, revision } as const;
          yield* inSnapshot(cache, path.join(snapshots, revision), source);
        }
        continue;
      }
      for (const one of cache.folders(path.join(place, owner))) {
        if (one.startsWith('.')) continue;
        const source = { hub: 'modelscope', repository: `${owner}/${readableName(one)}` } as const;
        yield* inSnapshot(cache, path.join(place, owner, one), source);
      }
    }
  }
}

/** Names beside owners: kinds of repositories, and what downloads under way are written to. */
const NOT_OWNERS = new Set(['models', 'datasets', 'hub', 'skills', 'agents', 'agent', 'credentials']);

function* inSnapshot(cache: Cache, folder: string, source: ModelSource): Generator<Found> {
  const names = cache.files(folder);
  const name = source.repository.slice(source.repository.indexOf('/') + 1);
  const base = { name, source };
  if (names.includes('config.json') || names.includes(INDEX_FILE)) {
    yield {
      ...base,
      kind: 'base',
      path: folder,
      bytes: bytesOf(cache, folder, names),
      missing: missingOf(cache, folder, names),
    };
  } else if (names.includes('adapter_config.json')) {
    const missing = names.some((one) => one.startsWith('adapter_model.'))
      ? []
      : ['adapter_model.safetensors'];
    yield { ...base, kind: 'adapter', path: folder, bytes: bytesOf(cache, folder, names), missing };
  } else {
    for (const file of names.filter((one) => /\.gguf$/iu.test(one))) {
      const place = path.join(folder, file);
      yield {
        ...base,
        name: file.slice(0, -'.gguf'.length),
        kind: 'gguf',
        path: place,
        bytes: bytesOf(cache, folder, [file]),
        missing: [],
      };
    }
  }
}

/** Shards that the index names and nobody has fetched; a link out of the cache counts as not there. */
function missingOf(cache: Cache, folder: string, names: readonly string[]): string[] {
  const there = new Set(names);
  const missing = there.has('config.json') ? [] : ['config.json'];
  if (there.has(INDEX_FILE)) {
    const shards = shardsOf(cache.real(path.join(folder, INDEX_FILE)));
    return [...missing, ...shards.filter((shard) => !there.has(shard))];
  }
  // Weights of another format are no missing ones: adding the folder says what is wrong with them.
  const hasWeights = names.some((name) => /\.(safetensors|bin|pt|pth|ckpt)$/u.test(name));
  return hasWeights ? missing : [...missing, 'model.safetensors'];
}

function shardsOf(index: string | undefined): readonly string[] {
  if (index === undefined) return [];
  try {
    const parsed = indexSchema.parse(JSON.parse(readFileSync(index, 'utf8')));
    return [...new Set(Object.values(parsed.weight_map))].sort();
  } catch {
    // A broken index is named when the folder is added.
    return [];
  }
}

/** `manifests/<registry>/<namespace>/<name>/<tag>` name blobs by digest; the model layer is a GGUF file. */
function* scanOllama(cache: Cache): Generator<Found> {
  const manifests = path.join(cache.root, 'manifests');
  for (const registry of cache.folders(manifests)) {
    for (const namespace of cache.folders(path.join(manifests, registry))) {
      for (const name of cache.folders(path.join(manifests, registry, namespace))) {
        for (const tag of cache.files(path.join(manifests, registry, namespace, name))) {
          const layer = modelLayer(cache.real(path.join(manifests, registry, namespace, name, tag)));
          if (layer === undefined) continue;
          const blob = path.join(cache.root, 'blobs', `sha256-${layer.sha256}`);
          const real = cache.real(blob);
          const isWhole = real !== undefined && isFile(real) && statSync(real).size === layer.size;
          const repository = namespace === 'library' ? name : `${namespace}/${name}`;
          yield {
            kind: 'gguf',
            name: `${repository}:${tag}`,
            path: blob,
            bytes: layer.size,
            source: { hub: 'ollama', repository, revision: tag },
            missing: isWhole ? [] : [path.basename(blob)],
          };
        }
      }
    }
  }
}

function modelLayer(manifest: string | undefined): Readonly<{ sha256: string; size: number }> | undefined {
  try {
    if (manifest === undefined || statSync(manifest).size > MOST_MANIFEST_BYTES) return undefined;
    const { layers } = manifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    const layer = layers.find((one) => one.mediaType === OLLAMA_MODEL);
    // A digest becomes part of a path.
    const sha256 = /^sha256:([0-9a-f]{64})$/u.exec(layer?.digest ?? '')?.[1];
    return layer === undefined || sha256 === undefined ? undefined : { sha256, size: layer.size };
  } catch {
    return undefined;
  }
}

function bytesOf(cache: Cache, folder: string, names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const real = cache.real(path.join(folder, name));
    return sum + (real === undefined ? 0 : statSync(real).size);
  }, 0);
}

const isFile = (file: string | undefined): boolean =>
  file !== undefined && (lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false);
