import {
  RUN_FRAME_INTERVAL_MS,
  type ControlDone,
  type MetricPoint,
  type RunsTopicData,
  type RunTopicData,
} from '../../shared/contract/events.ts';
import type { CheckpointView, RunSummary, SampleView } from '../../shared/contract/methods/runs.ts';
import type { Disposable } from '../../shared/contract/disposable.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { Clock } from '../ports.ts';
import type { TopicBoard } from '../topics/topic-board.ts';
import type { RunChange } from './apply-run-event.ts';
import { toJudgedSummary, toRunDetail } from './run-view.ts';
import type { RunRepositories } from './train-projector.ts';

export type RunFeed = Disposable & {
  /** Takes note of a change; it is published with others of the run, after the transaction that stores it. */
  note(change: RunChange): void;
  removed(runId: string): void;
};

/**
 * Points of a frame. A run of 100 steps a second stays below; 512 such frames, which a topic keeps for those who
 * come back, are some 40 MB.
 */
const MOST_POINTS_A_FRAME = 1200;

type Waiting = {
  points: MetricPoint[];
  pointsLeftOut: boolean;
  checkpoints: CheckpointView[];
  samples: SampleView[];
  removedCheckpoints: Set<number>;
  controlsDone: ControlDone[];
  truncatedAfterStep: number | undefined;
};

/** Publishes the topics `runs` and `run.<id>`, at most one frame of a run every {@link RUN_FRAME_INTERVAL_MS}. */
export function createRunFeed(repositories: RunRepositories, board: TopicBoard, clock: Clock): RunFeed {
  const waiting = new Map<string, Waiting>();
  const publishRuns = (data: RunsTopicData): void => board.publish('runs', data);
  let timer: Disposable | undefined;
  const judged = (record: RunRecord): RunSummary => toJudgedSummary(record, repositories);

  board.provide('runs', () => ({
    kind: 'snapshot',
    live: repositories.runs.live().map(judged),
  }));
  board.provide('run', (id) => {
    const run = repositories.runs.byId(id);
    return run === undefined ? undefined : { kind: 'snapshot', run: toRunDetail(run, repositories) };
  });

  const flush = (): void => {
    timer = undefined;
    const batch = [...waiting];
    waiting.clear();
    for (const [runId, part] of batch) {
      // The row as it is now: what was noted may have been rolled back and told again.
      const record = repositories.runs.byId(runId);
      if (record === undefined) continue;
      const run = judged(record);
      const update: RunTopicData = {
        kind: 'update',
        run,
        points: part.points,
        ...(part.pointsLeftOut ? { pointsLeftOut: true } : {}),
        ...(part.truncatedAfterStep === undefined ? {} : { truncatedAfterStep: part.truncatedAfterStep }),
        ...(part.removedCheckpoints.size === 0 ? {} : { removedCheckpoints: [...part.removedCheckpoints] }),
        ...(part.controlsDone.length === 0 ? {} : { controlsDone: part.controlsDone }),
        ...(part.checkpoints.length === 0 ? {} : { checkpoints: part.checkpoints }),
        ...(part.samples.length === 0 ? {} : { samples: part.samples }),
      };
      board.publish(`run.${runId}`, update);
      publishRuns({ kind: 'changed', run });
    }
  };

  return {
    note(change) {
      const id = change.run.id;
      const part: Waiting = waiting.get(id) ?? {
        points: [],
        pointsLeftOut: false,
        checkpoints: [],
        samples: [],
        removedCheckpoints: new Set<number>(),
        controlsDone: [],
        truncatedAfterStep: undefined,
      };
      waiting.set(id, part);
      const after = change.truncateAfterStep;
      if (after !== undefined) {
        part.truncatedAfterStep = after;
        part.points = part.points.filter((point) => point.step <= after);
        part.checkpoints = part.checkpoints.filter((one) => one.step <= after);
        part.samples = part.samples.filter((one) => one.step <= after);
      }
      const points = change.points ?? [];
      part.pointsLeftOut ||= part.points.length + points.length > MOST_POINTS_A_FRAME;
      if (part.pointsLeftOut) part.points = [];
      else part.points.push(...points);
      if (change.checkpoint !== undefined) {
        const { runId: _runId, ...checkpoint } = change.checkpoint;
        part.checkpoints.push(checkpoint);
        // Saved again after it was removed: a resumed attempt comes by the same step.
        part.removedCheckpoints.delete(checkpoint.step);
      }
      const removed = change.removedCheckpointStep;
      if (removed !== undefined) {
        part.checkpoints = part.checkpoints.filter((one) => one.step !== removed);
        part.removedCheckpoints.add(removed);
      }
      if (change.controlDone !== undefined) part.controlsDone.push(change.controlDone);
      if (change.sample !== undefined) {
        const { runId: _runId, ...sample } = change.sample;
        part.samples.push(sample);
      }
      timer ??= clock.after(RUN_FRAME_INTERVAL_MS, flush);
    },
    removed(runId) {
      waiting.delete(runId);
      publishRuns({ kind: 'removed', runId });
    },
    dispose() {
      timer?.dispose();
      waiting.clear();
    },
  };
}
