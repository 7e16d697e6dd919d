import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import { ingestRun, type IngestDeps } from './ingest-run.ts';
import { readRunFile, writeRunFile } from './run-folder.ts';
import { readRunFolder } from './run-folder-import.ts';

export type AdoptDeps = IngestDeps &
  Readonly<{
    folder: DataFolder;
    hasJob: (jobId: string) => boolean;
    /** Whether the process of a job folder is alive on this machine. */
    isAlive: (jobDir: string, nonce: string) => Promise<boolean>;
    transaction: (work: () => void) => void;
  }>;

/**
 * Copies a run folder into the data folder and its events into the database; returns the run's id. Throws
 * `run.folder_invalid`, `run.already_known`, `run.already_live`.
 */
export async function adoptRun(source: string, name: string | undefined, deps: AdoptDeps): Promise<string> {
  const from = path.resolve(source);
  const found = readRunFolder(from, { mayBeUnstarted: false });
  const runId = found.run.id;
  const isKnown =
    deps.repositories.runs.byId(runId) !== undefined ||
    found.attempts.some((attempt) => deps.hasJob(attempt.spec.id));
  if (isKnown) throw new StudioError('run.already_known', { runId });
  for (const { record, spec } of found.attempts) {
    if (await deps.isAlive(record.dir, spec.nonce)) {
      throw new StudioError('run.already_live', { run: found.run.name });
    }
  }
  const target = deps.folder.runDir(runId);
  if (from !== target) copyWhole(from, target, runId);
  const file = readRunFile(target);
  writeRunFile(target, { ...file, origin: 'adopted', name: name ?? file.name });
  const adopted = readRunFolder(target, { mayBeUnstarted: false });
  deps.transaction(() => ingestRun(adopted, deps));
  return runId;
}

/** The copy appears under its name only when it is complete: a rebuild must not find half a run. */
function copyWhole(from: string, target: string, runId: string): void {
  if (existsSync(target)) throw new StudioError('run.already_known', { runId });
  const building = `${target}.adopting`;
  rmSync(building, { recursive: true, force: true });
  cpSync(from, building, { recursive: true, errorOnExist: true });
  renameSync(building, target);
}
