import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { modelSchema } from '../../shared/contract/methods/models.ts';
import type { ModelRecord } from '../db/repositories/model-repository.ts';
import { writeJsonFile } from '../write-json-file.ts';

/** A record that an older studio wrote says no kind: then its origin does. */
const anyModelSchema = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null && !('kind' in value) && 'origin' in value
      ? { ...value, kind: value.origin === 'merged' ? 'merged' : 'base' }
      : value,
  modelSchema,
);
const recordSchema = z.object({ version: z.literal(1), model: anyModelSchema });

/** Where a model that the studio makes is written. */
export function mergedModelPath(dir: string): string {
  return path.join(dir, 'merged');
}

/** Where a downloaded model is written. */
export function downloadedModelPath(dir: string): string {
  return path.join(dir, 'snapshot');
}

/** Where the files of a record lie that the studio itself wrote; undefined for somebody's own folder. */
export function madeModelPath(dir: string, { origin }: Pick<ModelRecord, 'origin'>): string | undefined {
  if (origin === 'merged') return mergedModelPath(dir);
  return origin === 'downloaded' ? downloadedModelPath(dir) : undefined;
}

/** Keeps a model's record beside its files, so that the database can be rebuilt. */
export function writeModelRecord(dir: string, model: ModelRecord): void {
  writeJsonFile(path.join(dir, 'record.json'), { version: 1, model });
}

/** Throws what the file system, JSON or the schema throws. */
export function readModelRecord(dir: string): ModelRecord {
  return recordSchema.parse(JSON.parse(readFileSync(path.join(dir, 'record.json'), 'utf8'))).model;
}

/** A record as something has kept it, of this or an older studio; undefined where it is none. */
export function parseModelRecord(kept: unknown): ModelRecord | undefined {
  const parsed = anyModelSchema.safeParse(kept);
  return parsed.success ? parsed.data : undefined;
}
