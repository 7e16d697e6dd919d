import type { DatasetView } from '../../../shared/contract/methods/datasets.ts';
import type { MetricSeries } from '../../../shared/contract/methods/metrics.ts';
import type { CheckpointState, RunDetail } from '../../../shared/contract/methods/runs.ts';
import { verdictOf, type Verdict } from '../../../shared/domain/verdict.ts';

/** Everything that a report says, as it was recorded; what is undefined was not. */
export type ReportFacts = Readonly<{
  run: RunDetail;
  verdict: Verdict;
  dataset: Pick<DatasetView, 'counts' | 'contentHash'> | undefined;
  /** On what each attempt ran, by its number. */
  machines: ReadonlyMap<number, Readonly<{ platform: string; python: string }>>;
  curves: readonly MetricSeries[];
  /** Of the run's present course. */
  tokens: number | undefined;
  answerTokens: number | undefined;
  checkpoints: readonly CheckpointState[];
  studioVersion: string;
  madeAtMs: number;
}>;

/** Besides the loss, which is drawn with its average. */
export const REPORT_CURVES = [
  'evalLoss',
  'learningRate',
  'gradNorm',
  'tokensPerSecond',
  'peakBytes',
] as const;
/** Points a curve: what a printed page can show. */
export const REPORT_POINTS = 400;
export const REPORT_SMOOTHING = 0.9;

/** The verdict of a run from its whole history; `values` gives every value of a curve, null where not finite. */
export function verdictFrom(
  run: RunDetail,
  values: (key: string) => readonly Readonly<{ step: number; value: number | null }>[],
  checkpointStep: number | undefined,
): Verdict {
  const finite = (key: string): { step: number; value: number }[] =>
    values(key).flatMap(({ step, value }) => (value === null ? [] : [{ step, value }]));
  const loss = values('loss');
  return verdictOf({
    state: run.state,
    step: run.step,
    recentLoss: loss.slice(-RECENT_STEPS),
    firstLosses: finite('loss').slice(0, FIRST_STEPS),
    evalLoss: finite('evalLoss'),
    recentThroughput: finite('tokensPerSecond').slice(-RECENT_STEPS),
    checkpointStep,
  });
}

const RECENT_STEPS = 400;
const FIRST_STEPS = 10;
