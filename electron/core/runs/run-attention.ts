import type { RunAttention } from '../../shared/contract/methods/runs.ts';
import type { CurvePoint } from '../../shared/domain/lttb.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import { endTrouble, evalTrouble, lossTrouble, LOSS_WINDOW_STEPS } from '../../shared/domain/verdict.ts';
import type { MetricRepository } from '../db/repositories/metric-repository.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';

/** First steps that are looked through for finite losses. */
const FIRST_STEPS = 2 * LOSS_WINDOW_STEPS;

/** What a run's losses ask a person to look at, by the rules of its verdict; three short queries. */
export function attentionOf(
  run: Pick<RunRecord, 'id' | 'state' | 'step'>,
  metrics: Pick<MetricRepository, 'range'>,
): RunAttention | undefined {
  const finite = (key: string, to: number): CurvePoint[] =>
    metrics.range(run.id, key, 0, to).flatMap(({ step, value }) => (value === null ? [] : [{ step, value }]));
  if (run.state === 'done') return endTrouble(finite('evalLoss', run.step))?.rule;
  if (!isLive(run.state)) return undefined;
  const trouble = lossTrouble({
    step: run.step,
    recentLoss: metrics.range(run.id, 'loss', run.step - LOSS_WINDOW_STEPS + 1, run.step),
    firstLosses: finite('loss', FIRST_STEPS),
  });
  return (trouble ?? evalTrouble(finite('evalLoss', run.step)))?.rule;
}
