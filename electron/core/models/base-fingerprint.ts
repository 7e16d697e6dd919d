import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

import { shardFiles } from './model-tensors.ts';

/** Small files are hashed whole; of a large shard, blocks spread evenly over it. */
const WHOLE_BYTES = 64 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;
const BLOCKS = 16;

/**
 * What an adapter's record names its base by: SHA-256 over config.json and, for each shard, its name, size and
 * bytes (at most 16 MiB of a large one). The same as `legal_eagle.engine.adapter_output.base_fingerprint`.
 */
function baseFingerprint(folder: string, shards: readonly string[]): string {
  const hash = createHash('sha256').update(readFileSync(path.join(folder, 'config.json')));
  for (const name of [...shards].sort()) {
    const file = path.join(folder, name);
    const { size } = statSync(file);
    hash.update(`\n${name} ${String(size)}\n`);
    if (size <= WHOLE_BYTES) {
      hash.update(readFileSync(file));
      continue;
    }
    const handle = openSync(file, 'r');
    try {
      const block = Buffer.alloc(BLOCK_BYTES);
      for (let index = 0; index < BLOCKS; index += 1) {
        const start = Math.floor(((size - BLOCK_BYTES) * index) / (BLOCKS - 1));
        hash.update(block.subarray(0, readSync(handle, block, 0, BLOCK_BYTES, start)));
      }
    } finally {
      closeSync(handle);
    }
  }
  return hash.digest('hex');
}

/** `baseFingerprint` by folder, computed anew when one of its files has changed: forms ask with each keystroke. */
export function createFingerprints(): (folder: string) => string {
  const known = new Map<string, string>();
  return (folder) => {
    const shards = shardFiles(folder);
    const stamps = ['config.json', ...shards].map((name) => {
      const { size, mtimeMs } = statSync(path.join(folder, name));
      return [name, size, mtimeMs];
    });
    const key = JSON.stringify([folder, stamps]);
    const found = known.get(key) ?? baseFingerprint(folder, shards);
    known.set(key, found);
    return found;
  };
}
