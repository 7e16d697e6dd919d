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

/** Why a checkpoint folder is not whole, as far as its manifest and the sizes of its files tell. */
export type CheckpointFault = Readonly<
  | { kind: 'folder_missing' | 'manifest_missing' | 'manifest_unreadable' }
  | { kind: 'file_missing'; file: string }
  | { kind: 'file_size'; file: string; bytes: number; expectedBytes: number }
>;

/**
 * The checkpoint in a folder, or why there is none. Contents are not read: the trainer checks their hashes when
 * it loads them.
 */
export function inspectCheckpoint(
  dir: string,
): Readonly<{ checkpoint: WholeCheckpoint } | { fault: CheckpointFault }> {
  if (!NAME.test(path.basename(dir)) || sizeOf(dir) === undefined) return fault({ kind: 'folder_missing' });
  const file = path.join(dir, 'manifest.json');
  if (sizeOf(file) === undefined) return fault({ kind: 'manifest_missing' });
  const read = readManifest(file);
  if (read === undefined) return fault({ kind: 'manifest_unreadable' });
  const { bytes, manifest } = read;
  for (const [name, { bytes: expectedBytes }] of Object.entries(manifest.files)) {
    const found = sizeOf(path.join(dir, name));
    if (found === undefined) return fault({ kind: 'file_missing', file: name });
    if (found !== expectedBytes) return fault({ kind: 'file_size', file: name, bytes: found, expectedBytes });
  }
  const content = Object.values(manifest.files).reduce((sum, one) => sum + one.bytes, 0);
  return {
    checkpoint: {
      step: manifest.step,
      path: dir,
      savedAtMs: manifest.savedAtMs,
      bytes: content + bytes.length,
      manifestSha256: createHash('sha256').update(bytes).digest('hex'),
    },
  };
}

/** The checkpoint in a folder, or undefined where it is not whole. */
export function readWholeCheckpoint(dir: string): WholeCheckpoint | undefined {
  const found = inspectCheckpoint(dir);
  return 'checkpoint' in found ? found.checkpoint : undefined;
}

function fault(of: CheckpointFault): Readonly<{ fault: CheckpointFault }> {
  return { fault: of };
}

function readManifest(
  file: string,
): Readonly<{ bytes: Buffer; manifest: z.output<typeof manifestSchema> }> | undefined {
  try {
    const bytes = readFileSync(file);
    return { bytes, manifest: manifestSchema.parse(JSON.parse(bytes.toString('utf8'))) };
  } catch {
    return undefined;
  }
}

function sizeOf(file: string): number | undefined {
  try {
    return statSync(file).size;
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
