import { z } from 'zod';

import { errorBodySchema } from '../../shared/contract/studio-error.ts';
import { JOB_STATES, RUN_STATES, isLive } from '../../shared/domain/run-state.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import { ingestRun, type IngestDeps } from './ingest-run.ts';
import { readRunFolder } from './run-folder-import.ts';

const keptJobSchema = z.object({
  id: z.string(),
  state: z.enum(JOB_STATES),
  startedAtMs: z.int().optional(),
  endedAtMs: z.int().optional(),
  stopRequestedAtMs: z.int().optional(),
  exitCode: z.int().optional(),
  exitSignal: z.string().optional(),
  error: errorBodySchema.optional(),
});

const keptRunSchema = z.object({
  state: z.enum(RUN_STATES),
  endedAtMs: z.int().optional(),
  error: errorBodySchema.optional(),
  jobs: z.array(keptJobSchema),
});

/** What a run's folder does not say about its end: how its processes went, and what was decided without one. */
export type KeptRun = z.output<typeof keptRunSchema>;

export function keepRun(run: RunRecord, jobs: readonly JobRecord[]): KeptRun {
  return keptRunSchema.parse({ state: run.state, endedAtMs: run.endedAtMs, error: run.error, jobs });
}

export type RecallDeps = IngestDeps &
  Readonly<{
    findJob: (jobId: string) => JobRecord | undefined;
    updateJob: (job: JobRecord) => void;
    transaction: (work: () => void) => void;
  }>;

/**
 * Brings a removed run back into the database from its folder. Where what was kept cannot be read, a run whose
 * events do not end is left as a rebuild leaves it: live, until the supervisor finds no process.
 * Throws `run.folder_invalid`.
 */
export function recallRun(dir: string, kept: unknown, deps: RecallDeps): void {
  const found = readRunFolder(dir, { mayBeUnstarted: true });
  const known = keptRunSchema.safeParse(kept);
  deps.transaction(() => {
    ingestRun(found, deps);
    if (!known.success || isLive(known.data.state)) return;
    const { jobs, ...end } = known.data;
    for (const { id, ...facts } of jobs) {
      const job = deps.findJob(id);
      if (job !== undefined) deps.updateJob({ ...job, ...facts });
    }
    const { runs } = deps.repositories;
    const run = runs.byId(found.run.id);
    if (run !== undefined) runs.save({ ...run, ...end, error: end.error, endedAtMs: end.endedAtMs });
  });
}
