import { isLive } from '../../shared/domain/run-state.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { QueueEntry } from './queue-file.ts';

/**
 * Where a run of the queue stands. `waiting`: not tried yet. `starting`: its process was made and has not
 * reported yet. `missed`: the core died between its turn and its first report, and no process came of it.
 * `over`: it began, or its start was refused, or it is gone; the queue has nothing more to do.
 */
export type Turn = 'waiting' | 'starting' | 'missed' | 'over';

/** A run that loses its process this often before the first report is left interrupted. */
const MOST_TRIES = 3;

/** Told from the records alone, so that every core that opens the folder comes to the same answer. */
export function turnOf(
  entry: QueueEntry,
  run: Pick<RunRecord, 'attempts'> | undefined,
  job: Pick<JobRecord, 'state' | 'startedAtMs'> | undefined,
): Turn {
  if (run === undefined) return 'over';
  const tries = run.attempts - entry.attempts;
  if (tries <= 0) return 'waiting';
  if (job?.startedAtMs !== undefined) return 'over';
  if (job !== undefined && isLive(job.state)) return 'starting';
  // Without a job, nothing was launched: its row is written before its process is made.
  const neverBegan = job === undefined || job.state === 'interrupted';
  return neverBegan && tries < MOST_TRIES ? 'missed' : 'over';
}
