import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import type { DatasetRecord } from '../db/repositories/dataset-repository.ts';
import { writeJsonFile } from '../write-json-file.ts';

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string().min(1),
  name: z.string().min(1),
  createdAtMs: z.int().nonnegative(),
});

/** What the dataset file itself does not say; kept beside it so that the database can be rebuilt. */
export type DatasetFolderRecord = z.output<typeof recordSchema>;

export function datasetFilePath(dir: string): string {
  return path.join(dir, 'dataset.db');
}

export function writeDatasetRecord(dir: string, record: DatasetFolderRecord): void {
  writeJsonFile(path.join(dir, 'record.json'), record);
}

/** Throws what the file system, JSON or the schema throws. */
function readDatasetRecord(dir: string): DatasetFolderRecord {
  return recordSchema.parse(JSON.parse(readFileSync(path.join(dir, 'record.json'), 'utf8')));
}

/** A dataset as its folder tells it. `factsOf` reads the dataset file. Throws what reading throws. */
export function recordOfFolder(
  dir: string,
  factsOf: (file: string) => Readonly<{
    counts: Readonly<NonNullable<DatasetRecord['counts']>>;
    contentHash: string;
  }>,
): DatasetRecord {
  const { id, name, createdAtMs } = readDatasetRecord(dir);
  const file = datasetFilePath(dir);
  const { counts, contentHash } = factsOf(file);
  return { id, name, path: file, state: 'ready', createdAtMs, counts: { ...counts }, contentHash };
}
