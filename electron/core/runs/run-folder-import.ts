import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { jobSpecSchema, type JobSpec } from '../../shared/protocol/job-spec.ts';
import type { AttemptRecord } from '../db/repositories/attempt-repository.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import { JOB_FILES } from '../jobs/job-folder.ts';
import { readWholeCheckpoint } from './checkpoint-files.ts';
import { attemptDir, readRunFile } from './run-folder.ts';

export type FolderAttempt = Readonly<{ record: AttemptRecord; spec: JobSpec }>;

/** What a run folder says about itself; metrics and state come from replaying its events. */
export type FolderRun = Readonly<{
  run: RunRecord;
  attempts: readonly FolderAttempt[];
  /** Steps whose checkpoints were cleaned up. */
  removedCheckpoints: readonly number[];
}>;

/**
 * Reads a run folder that lies at `dir`. A run of this studio may have no attempt yet, because it waits in the
 * queue or was taken out of it. Throws `run.folder_invalid`.
 */
export function readRunFolder(dir: string, options: Readonly<{ mayBeUnstarted: boolean }>): FolderRun {
  const file = readRunFile(dir);
  const numbers = attemptNumbers(dir);
  if (numbers.length === 0 && !options.mayBeUnstarted)
    throw new StudioError('run.folder_invalid', { path: dir, reason: 'attempts/1' });
  const attempts = numbers.map((number) => readAttempt(dir, file.id, number));
  const newest = attempts.at(-1)?.record;
  return {
    run: {
      id: file.id,
      name: file.name,
      state: numbers.length === 0 ? 'stopped' : 'starting',
      origin: file.origin,
      dir,
      recipe: file.recipe,
      modelId: file.modelId ?? undefined,
      modelName: file.modelName ?? path.win32.basename(file.modelPath),
      modelPath: file.modelPath,
      datasetId: file.datasetId ?? undefined,
      datasetName: file.datasetName ?? path.win32.basename(file.datasetPath),
      datasetPath: file.datasetPath,
      createdAtMs: file.createdAtMs,
      attempts: newest?.number ?? 0,
      jobId: newest?.jobId,
      step: 0,
      tags: file.tags,
      note: file.note,
    },
    attempts,
    removedCheckpoints: file.removedCheckpoints ?? [],
  };
}

function attemptNumbers(dir: string): readonly number[] {
  try {
    return readdirSync(path.join(dir, 'attempts'))
      .filter((name) => /^[1-9]\d*$/u.test(name))
      .map(Number)
      .sort((left, right) => left - right);
  } catch {
    return [];
  }
}

function readAttempt(runDir: string, runId: string, number: number): FolderAttempt {
  const dir = attemptDir(runDir, number);
  const invalid = (reason: string): StudioError =>
    new StudioError('run.folder_invalid', { path: runDir, reason: `attempts/${number}: ${reason}` });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path.join(dir, JOB_FILES.spec), 'utf8'));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
  const parsed = jobSpecSchema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error.issues[0]?.message ?? JOB_FILES.spec);
  const spec = parsed.data;
  if (spec.kind !== 'train') throw invalid(`kind ${spec.kind}`);
  const { resumeFrom } = spec.params;
  return {
    spec,
    record: {
      runId,
      number,
      jobId: spec.id,
      dir,
      resumedFromStep: resumeFrom === null ? undefined : checkpointStep(resumeFrom),
      createdAtMs: spec.createdAtMs,
    },
  };
}

/** The step of a checkpoint by its folder's name: it may be pruned by now, or lie on another machine. */
function checkpointStep(reportedPath: string): number | undefined {
  const named = /^step-(\d{8,})$/u.exec(path.win32.basename(reportedPath));
  return named?.[1] === undefined ? readWholeCheckpoint(reportedPath)?.step : Number(named[1]);
}
