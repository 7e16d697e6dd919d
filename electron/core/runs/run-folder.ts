import { readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { recipeSchema } from '../../shared/protocol/recipe.ts';
import { writeJsonFile } from '../write-json-file.ts';

const RUN_FILE = 'run.json';

/** `run.json`: what a run is, so that the database can be rebuilt without it. */
const runFileSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9A-Za-z_-]{4,64}$/u),
  name: z.string().min(1),
  recipe: recipeSchema,
  datasetId: z.string().nullish(),
  datasetPath: z.string(),
  datasetName: z.string().nullish(),
  modelId: z.string().nullish(),
  modelPath: z.string(),
  modelName: z.string().nullish(),
  createdAtMs: z.int().nonnegative(),
  /** `adopted`: made by the engine alone, and copied here. */
  origin: z.enum(['studio', 'adopted']).default('studio'),
  tags: z.array(z.string()).default([]),
  note: z.string().default(''),
  /** Name of the Python environment that the newest attempt started on. */
  environment: z.string().optional(),
  /** Steps whose checkpoints a person had cleaned up; events still tell of them. */
  removedCheckpoints: z.array(z.int()).optional(),
});

export type RunFile = z.output<typeof runFileSchema>;

export function writeRunFile(runDir: string, run: RunFile): void {
  writeJsonFile(path.join(runDir, RUN_FILE), run);
}

/** Reads `run.json`. Throws `run.folder_invalid` with the reason. */
export function readRunFile(runDir: string): RunFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path.join(runDir, RUN_FILE), 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StudioError('run.folder_invalid', { path: runDir, reason }, { cause: error });
  }
  const parsed = runFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new StudioError('run.folder_invalid', { path: runDir, reason: `${RUN_FILE}: ${reason}` });
}

export function attemptDir(runDir: string, attempt: number): string {
  return path.join(runDir, 'attempts', String(attempt));
}

export function checkpointsDir(runDir: string): string {
  return path.join(runDir, 'checkpoints');
}

/** Final adapter of a run that reached its last step. */
export function adapterDir(runDir: string): string {
  return path.join(runDir, 'adapter');
}

/** Finished model of a run that trained all of it. */
export function tunedModelDir(runDir: string): string {
  return path.join(runDir, 'model');
}

/**
 * Where a checkpoint lies on this machine: an event names the path of the machine that wrote it, which for
 * an adopted run is another one, perhaps of the other kind of slash.
 */
export function checkpointDir(runDir: string, reportedPath: string): string {
  return path.join(checkpointsDir(runDir), path.win32.basename(reportedPath));
}
