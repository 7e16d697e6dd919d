import type { AttemptRepository } from '../db/repositories/attempt-repository.ts';
import type { CheckpointRepository } from '../db/repositories/checkpoint-repository.ts';
import type { MetricRepository } from '../db/repositories/metric-repository.ts';
import type { RunRepository } from '../db/repositories/run-repository.ts';
import type { SampleRepository } from '../db/repositories/sample-repository.ts';
import type { JobProjector } from '../jobs/job-record.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import { applyRunEvent, type RunChange } from './apply-run-event.ts';

export type RunRepositories = Readonly<{
  runs: RunRepository;
  attempts: AttemptRepository;
  metrics: MetricRepository;
  checkpoints: CheckpointRepository;
  samples: SampleRepository;
}>;

/**
 * Turns the events of training jobs into runs, metrics, checkpoints and samples, inside the transaction that
 * stores the events. `onChange` is told inside it too, so it must only take note.
 */
export function createTrainProjector(
  repositories: RunRepositories,
  onChange: (change: RunChange) => void,
): JobProjector {
  const { runs, attempts, metrics, checkpoints, samples } = repositories;

  const store = (change: RunChange): void => {
    const { run, truncateAfterStep: after } = change;
    if (after !== undefined) {
      metrics.removeAfter(run.id, after);
      samples.removeAfter(run.id, after);
      checkpoints.removeAfter(run.id, after);
    }
    for (const point of change.points ?? []) metrics.put(run.id, point.key, point.step, point.value);
    if (change.attempt !== undefined) attempts.save(change.attempt);
    if (change.checkpoint !== undefined) checkpoints.save(change.checkpoint);
    if (change.removedCheckpointStep !== undefined) checkpoints.remove(run.id, change.removedCheckpointStep);
    if (change.sample !== undefined) samples.save(change.sample);
    runs.save(run);
    onChange(change);
  };

  return {
    project: (job, event) => {
      if (job.kind !== 'train') return;
      const run = runs.byJob(job.id);
      const attempt = attempts.byJob(job.id);
      // A run that was removed leaves its last events without a home.
      if (run === undefined || attempt === undefined) return;
      const change = applyRunEvent(run, attempt, event);
      if (change !== undefined) store(change);
    },
    stateChanged: (job) => {
      if (job.kind !== 'train') return;
      const run = runs.byJob(job.id);
      // Only the newest attempt speaks for the run.
      if (run?.jobId !== job.id) return;
      const ended = !isLive(job.state);
      store({
        run: {
          ...run,
          state: job.state,
          endedAtMs: ended ? (job.endedAtMs ?? run.endedAtMs) : undefined,
          error: job.error,
          ...(ended ? { etaMs: undefined } : {}),
        },
      });
    },
  };
}
