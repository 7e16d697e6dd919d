import type { RunAttention } from '../../shared/contract/methods/runs.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import { lossTrouble, LOSS_WINDOW_STEPS } from '../../shared/domain/verdict.ts';
import type { MetricRepository } from '../db/repositories/metric-repository.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';

/** First steps that are looked through for finite losses. */
const FIRST_STEPS = 2 * LOSS_WINDOW_STEPS;

/** What a live run's losses ask a person to look at, by the rules of the run's verdict; two short queries. */
export function attentionOf(
  run: Pick<RunRecord, 'id' | 'state' | 'step'>,
  metrics: Pick<MetricRepository, 'range'>,
): RunAttention | undefined {
  if (!isLive(run.state)) return undefined;
  const first = metrics.range(run.id, 'loss', 0, FIRST_STEPS);
  return lossTrouble({
    step: run.step,
    recentLoss: metrics.range(run.id, 'loss', run.step - LOSS_WINDOW_STEPS + 1, run.step),
    firstLosses: first.flatMap(({ step, value }) => (value === null ? [] : [{ step, value }])),
  })?.rule;
}
