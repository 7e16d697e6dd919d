import { isLive } from '../shared/domain/run-state.ts';
import type { CoreRepositories } from './core-repositories.ts';

/** A page that holds every record a core could have had under way. */
const EVERY = { search: '', offset: 0, limit: 1_000_000 } as const;

/**
 * Mends records that a core left half made: one that died between storing a record and storing its job, or
 * between a job's end and the record that follows it. Jobs themselves are the supervisor's affair.
 */
export function reconcile({ jobs, runs, datasets, models }: CoreRepositories): void {
  const jobOf = (jobId: string | undefined): ReturnType<typeof jobs.find> =>
    jobId === undefined ? undefined : jobs.find(jobId);
  const error = { code: 'job.vanished', params: {} };
  for (const run of runs.live()) {
    const job = jobOf(run.jobId);
    if (job !== undefined && isLive(job.state)) continue;
    runs.save({ ...run, state: job?.state ?? 'interrupted', error: job?.error ?? run.error });
  }
  for (const dataset of datasets.list(EVERY).items) {
    if (dataset.state !== 'importing' || jobOf(dataset.jobId) !== undefined) continue;
    datasets.save({ ...dataset, state: 'failed', error });
  }
  for (const model of models.list(EVERY).items) {
    if (model.state !== 'building' || jobOf(model.jobId) !== undefined) continue;
    models.save({ ...model, state: 'failed', error });
  }
}
