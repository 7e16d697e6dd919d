import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

const manifestSchema = z.object({
  version: z.literal(1),
  step: z.int().nonnegative(),
  savedAtMs: z.int().nonnegative(),
  files: z.record(z.string(), z.object({ bytes: z.int().nonnegative(), sha256: z.string() })),
});

/** A checkpoint folder that is all there. */
export type WholeCheckpoint = Readonly<{
  step: number;
  path: string;
  savedAtMs: number;
  bytes: number;
  manifestSha256: string;
}>;

const NAME = /^step-(\d{8,})$/u;

/**
 * The checkpoint in a folder, or undefined where its manifest is unreadable or a file of it is missing or has
 * another size. The trainer checks the hashes of the contents when it loads them.
 */
export function readWholeCheckpoint(dir: string): WholeCheckpoint | undefined {
  if (!NAME.test(path.basename(dir))) return undefined;
  try {
    const bytes = readFileSync(path.join(dir, 'manifest.json'));
    const manifest = manifestSchema.parse(JSON.parse(bytes.toString('utf8')));
    const isWhole = Object.entries(manifest.files).every(
      ([name, expected]) => statSync(path.join(dir, name)).size === expected.bytes,
    );
    if (!isWhole) return undefined;
    const manifestSha256 = createHash('sha256').update(bytes).digest('hex');
    const content = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
    return {
      step: manifest.step,
      path: dir,
      savedAtMs: manifest.savedAtMs,
      bytes: content + bytes.length,
      manifestSha256,
    };
  } catch {
    return undefined;
  }
}

/** Whole checkpoints of a run, oldest first by the time they were saved: a resumed run may save lower steps later. */
export function listWholeCheckpoints(runDir: string): readonly WholeCheckpoint[] {
  const root = path.join(runDir, 'checkpoints');
  let names: readonly string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names
    .map((name) => readWholeCheckpoint(path.join(root, name)))
    .filter((checkpoint) => checkpoint !== undefined)
    .sort((left, right) => left.savedAtMs - right.savedAtMs);
}
