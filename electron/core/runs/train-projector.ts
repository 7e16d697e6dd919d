import type { MetricPoint } from '../../shared/contract/events.ts';
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

  /** Stores what an event changes but for the run's own row and its points, of which there are many. */
  const storeRare = (change: RunChange): void => {
    const { run, truncateAfterStep: after } = change;
    if (after !== undefined) {
      metrics.removeAfter(run.id, after);
      samples.removeAfter(run.id, after);
      checkpoints.removeAfter(run.id, after);
    }
    if (change.attempt !== undefined) attempts.save(change.attempt);
    if (change.checkpoint !== undefined) checkpoints.save(change.checkpoint);
    if (change.removedCheckpointStep !== undefined) checkpoints.remove(run.id, change.removedCheckpointStep);
    if (change.sample !== undefined) samples.save(change.sample);
  };

  return {
    project: (job, events) => {
      if (job.kind !== 'train') return;
      const before = runs.byJob(job.id);
      let attempt = attempts.byJob(job.id);
      // A run that was removed leaves its last events without a home.
      if (before === undefined || attempt === undefined) return;
      let run = before;
      let points: MetricPoint[] = [];
      for (const event of events) {
        const change = applyRunEvent(run, attempt, event);
        if (change === undefined) continue;
        run = change.run;
        attempt = change.attempt ?? attempt;
        const after = change.truncateAfterStep;
        if (after !== undefined) points = points.filter((point) => point.step <= after);
        for (const point of change.points ?? []) points.push(point);
        storeRare(change);
        onChange(change);
      }
      if (run === before) return;
      metrics.putAll(run.id, points);
      runs.save(run);
    },
    stateChanged: (job) => {
      if (job.kind !== 'train') return;
      const run = runs.byJob(job.id);
      // Only the newest attempt speaks for the run.
      if (run?.jobId !== job.id) return;
      const ended = !isLive(job.state);
      const changed = {
        ...run,
        state: job.state,
        endedAtMs: ended ? (job.endedAtMs ?? run.endedAtMs) : undefined,
        error: job.error,
        ...(ended ? { etaMs: undefined } : {}),
      };
      runs.save(changed);
      onChange({ run: changed });
    },
  };
}
