import { existsSync } from 'node:fs';

import type { JobRecord } from '../jobs/job-record.ts';
import type { FolderRun } from './run-folder-import.ts';
import { readTelemetry, telemetryPoints } from './run-telemetry.ts';
import type { RunRepositories } from './train-projector.ts';

export type IngestDeps = Readonly<{
  repositories: RunRepositories;
  insertJob: (
    job: Pick<JobRecord, 'id' | 'kind' | 'dir' | 'spec' | 'nonce' | 'detached' | 'createdAtMs'>,
  ) => void;
  /** Stores every event of a job that its file holds now. */
  drain: (jobId: string) => void;
}>;

/**
 * Brings a run into the database from its folder: the attempts in order, each with all of its events, so that
 * the rows come out as if they had been stored while the run went on.
 */
export function ingestRun({ run, attempts, removedCheckpoints }: FolderRun, deps: IngestDeps): void {
  const { checkpoints, runs, metrics, attempts: attemptRows } = deps.repositories;
  runs.insert({ ...run, attempts: 0, jobId: undefined });
  for (const { record, spec } of attempts) {
    attemptRows.save(record);
    const soFar = runs.byId(run.id) ?? run;
    runs.save({ ...soFar, state: 'starting', attempts: record.number, jobId: spec.id });
    deps.insertJob({
      id: spec.id,
      kind: spec.kind,
      dir: record.dir,
      spec,
      nonce: spec.nonce,
      detached: true,
      createdAtMs: spec.createdAtMs,
    });
    deps.drain(spec.id);
  }
  for (const row of checkpoints.ofRun(run.id)) {
    // Cleaned up, and not saved again by a later attempt.
    if (removedCheckpoints.includes(row.step) && !existsSync(row.path)) checkpoints.remove(run.id, row.step);
  }
  const lastStep = runs.byId(run.id)?.step ?? 0;
  metrics.putAll(run.id, readTelemetry(run.dir, lastStep).flatMap(telemetryPoints));
}
