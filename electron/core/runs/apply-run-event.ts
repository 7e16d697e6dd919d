import type { ControlDone, MetricPoint } from '../../shared/contract/events.ts';
import type { JobEvent, JobEventData } from '../../shared/protocol/events.ts';
import type { AttemptRecord } from '../db/repositories/attempt-repository.ts';
import type { CheckpointRecord } from '../db/repositories/checkpoint-repository.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import type { SampleRecord } from '../db/repositories/sample-repository.ts';
import { checkpointDir } from './run-folder.ts';

/** What one event of a training job changes. */
export type RunChange = Readonly<{
  run: RunRecord;
  attempt?: AttemptRecord;
  /** Everything the run reported after this step is void, and is replaced by what comes. */
  truncateAfterStep?: number;
  points?: readonly MetricPoint[];
  checkpoint?: CheckpointRecord;
  removedCheckpointStep?: number;
  sample?: SampleRecord;
  /** A request of a person that has been carried out. */
  controlDone?: ControlDone;
}>;

/** Applies one event to a run; undefined where the event says nothing about the run. Pure. */
export function applyRunEvent(
  run: RunRecord,
  attempt: AttemptRecord,
  event: JobEvent,
): RunChange | undefined {
  switch (event.type) {
    case 'started':
      return startedAttempt(run, attempt, event.t);
    case 'plan': {
      const { steps, startStep } = event.data;
      return { run: { ...run, plan: event.data, steps }, attempt: { ...attempt, startStep } };
    }
    case 'device':
      return { run: { ...run, device: event.data } };
    case 'memory': {
      // A decision of the engine's like those about the device, only later.
      const { recomputedLayers, reason } = event.data;
      const reasons = [...textsOf(run.device?.['reasons']), `recompute ${reason}`];
      return { run: { ...run, device: { ...run.device, recomputedLayers, reasons } } };
    }
    case 'step':
      return tookStep(run, event.data);
    case 'eval':
      return evaluated(run, event.data);
    case 'sample':
      return { run, sample: { runId: run.id, ...event.data } };
    case 'checkpoint':
      return { run, checkpoint: toCheckpoint(run, event.data, event.t) };
    case 'checkpoint-removed':
      return { run, removedCheckpointStep: event.data.step };
    case 'control-done':
      return { run, controlDone: event.data };
    case 'result':
      return { run: { ...run, result: event.data } };
    case 'phase':
    case 'progress':
    case 'control-ack':
    case 'warning':
    // A job's error and end change its state, which the run follows.
    case 'error':
    case 'ended':
    // A download's or an upload's; no run writes them.
    case 'listing':
    case 'file-progress':
    case 'file-verified':
    case 'waiting':
    case 'hash-progress':
    case 'upload-plan':
    case 'file-sent':
      return undefined;
  }
}

function startedAttempt(run: RunRecord, attempt: AttemptRecord, atMs: number): RunChange {
  const from = attempt.resumedFromStep ?? 0;
  return {
    run: {
      ...run,
      startedAtMs: run.startedAtMs ?? atMs,
      endedAtMs: undefined,
      error: undefined,
      step: from,
      etaMs: undefined,
      tokensPerSecond: undefined,
      ...(from === 0
        ? {
            loss: undefined,
            lossFirst: undefined,
            evalLoss: undefined,
            evalLossFirst: undefined,
            bestEvalLoss: undefined,
            bestEvalStep: undefined,
          }
        : {}),
    },
    truncateAfterStep: from,
  };
}

function tookStep(run: RunRecord, data: JobEventData<'step'>): RunChange {
  const { step } = data;
  const values: Readonly<Record<string, number | null>> = {
    loss: data.loss,
    learningRate: data.learningRate,
    gradNorm: data.gradNorm,
    tokens: data.tokens,
    answerTokens: data.answerTokens,
    tokensPerSecond: data.tokensPerSecond,
    padShare: data.padShare,
    microBatches: data.microBatches,
    stepMs: data.stepMs,
    peakBytes: data.peakBytes,
    epoch: data.epoch,
  };
  return {
    run: {
      ...run,
      step,
      epoch: data.epoch,
      loss: data.loss ?? run.loss,
      lossFirst: run.lossFirst ?? data.loss ?? undefined,
      tokensPerSecond: data.tokensPerSecond ?? undefined,
      etaMs: data.etaMs ?? undefined,
    },
    points: Object.entries(values).map(([key, value]) => ({ key, step, value })),
  };
}

function evaluated(run: RunRecord, data: JobEventData<'eval'>): RunChange {
  const loss = data.loss ?? undefined;
  const isBest = loss !== undefined && (run.bestEvalLoss === undefined || loss < run.bestEvalLoss);
  return {
    run: {
      ...run,
      evalLoss: loss ?? run.evalLoss,
      evalLossFirst: run.evalLossFirst ?? loss,
      ...(isBest ? { bestEvalLoss: loss, bestEvalStep: data.step } : {}),
    },
    points: [{ key: 'evalLoss', step: data.step, value: data.loss }],
  };
}

function toCheckpoint(run: RunRecord, data: JobEventData<'checkpoint'>, atMs: number): CheckpointRecord {
  return {
    runId: run.id,
    step: data.step,
    path: checkpointDir(run.dir, data.path),
    bytes: data.bytes,
    manifestSha256: data.manifestSha256,
    reason: data.reason,
    evalLoss: data.evalLoss ?? undefined,
    best: data.best,
    createdAtMs: atMs,
  };
}

const textsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
