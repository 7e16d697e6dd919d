import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { modelSchema } from '../../shared/contract/methods/models.ts';
import type { ModelRecord } from '../db/repositories/model-repository.ts';
import { writeJsonFile } from '../write-json-file.ts';

const recordSchema = z.object({ version: z.literal(1), model: modelSchema });

/** Where a model that the studio makes is written. */
export function mergedModelPath(dir: string): string {
  return path.join(dir, 'merged');
}

/** Keeps a model's record beside its files, so that the database can be rebuilt. */
export function writeModelRecord(dir: string, model: ModelRecord): void {
  writeJsonFile(path.join(dir, 'record.json'), { version: 1, model });
}

/** Throws what the file system, JSON or the schema throws. */
export function readModelRecord(dir: string): ModelRecord {
  return recordSchema.parse(JSON.parse(readFileSync(path.join(dir, 'record.json'), 'utf8'))).model;
}
