import type { JobView } from '../../shared/contract/methods/jobs.ts';
import type { JobRecord } from '../jobs/job-record.ts';

/** A job as clients see it: without its spec, its process and its place in the event file. */
export function toJobView(job: JobRecord): JobView {
  const { id, kind, state, dir, createdAtMs, endedAtMs, exitCode, error, result } = job;
  return {
    id,
    kind,
    state,
    dir,
    createdAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(error === undefined ? {} : { error: { ...error } }),
    ...(result === undefined ? {} : { result: { ...result } }),
  };
}
