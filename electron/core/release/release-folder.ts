import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { CARD_PARTS, type CardPart } from '../../shared/domain/card/card-record.ts';
import { HUBS } from '../../shared/domain/hub-endpoints.ts';
import { errorSummarySchema } from '../../shared/contract/methods/common.ts';
import {
  releaseCardSchema,
  releasePlanSchema,
  releaseWarningSchema,
} from '../../shared/contract/methods/releases.ts';
import { uploadParams, uploadResultSchema } from '../../shared/protocol/upload.ts';
import type { ReleaseRecord } from '../db/repositories/release-repository.ts';
import { writeJsonFile } from '../write-json-file.ts';

const RECORD_FILE = 'release.json';

const text = z.string().min(1);
const timeMs = z.int();
const visibility = uploadResultSchema.shape.visibility;

const partSchema = z.object({
  part: z.enum(CARD_PARTS),
  repository: uploadParams.shape.repository,
  deleteOthers: z.boolean().optional(),
  runId: text.optional(),
  step: z.int().optional(),
  modelId: text.optional(),
  jobId: text.optional(),
  plan: releasePlanSchema.optional(),
  result: uploadResultSchema.omit({ files: true }).optional(),
  visibility: visibility.optional(),
  visibilityJobId: text.optional(),
  error: errorSummarySchema.optional(),
  warnings: z.array(releaseWarningSchema).optional(),
});

const recordSchema: z.ZodType<ReleaseRecord> = z.object({
  id: text,
  name: z.string(),
  hub: z.enum(HUBS),
  origin: uploadParams.shape.endpoint,
  account: text,
  language: z.enum(['zh', 'en']),
  existing: uploadParams.shape.existing,
  maxBytesPerSecond: z.int().optional(),
  planOnly: z.boolean(),
  cancelled: z.boolean(),
  createdAtMs: timeMs,
  endedAtMs: timeMs.optional(),
  card: releaseCardSchema,
  parts: z.array(partSchema).min(1),
  publicReason: z.string().optional(),
});

const fileSchema = z.object({ version: z.literal(1), release: recordSchema });

/** Keeps a release's record beside its files, so that the database can be rebuilt. */
export function writeReleaseRecord(dir: string, release: ReleaseRecord): void {
  writeJsonFile(path.join(dir, RECORD_FILE), { version: 1, release });
}

/** Throws what the file system, JSON or the schema throws. */
export function readReleaseRecord(dir: string): ReleaseRecord {
  return fileSchema.parse(JSON.parse(readFileSync(path.join(dir, RECORD_FILE), 'utf8'))).release;
}

/** Where what a part has besides its weights lies: the card, lists, the state of the upload. */
export function releasePartDir(dir: string, part: CardPart): string {
  return path.join(dir, part);
}
