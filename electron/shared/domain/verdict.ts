import type { CurvePoint } from './lttb.ts';
import { isLive, type RunState } from './run-state.ts';

/** What the sentence at the top of a run is made from. Curves in ascending steps, as the run reported them. */
export type VerdictFacts = Readonly<{
  state: RunState;
  step: number;
  /** Loss of the newest steps; null where it was NaN or an infinity. */
  recentLoss: readonly Readonly<{ step: number; value: number | null }>[];
  /** Loss of the first steps, ten at least where there are as many: one step of a small batch says little. */
  firstLosses: readonly CurvePoint[];
  /** Every evaluation of the run. */
  evalLoss: readonly CurvePoint[];
  /** Tokens per second of the newest steps. */
  recentThroughput: readonly CurvePoint[];
  /** Step of the newest whole checkpoint. */
  checkpointStep: number | undefined;
}>;

export type VerdictRule =
  | 'queued'
  | 'healthy'
  | 'starting'
  | 'loss_not_finite'
  | 'loss_diverging'
  | 'eval_worse'
  | 'eval_rising'
  | 'eval_above_best'
  | 'throughput_collapsed'
  | 'stopping'
  | 'done'
  | 'done_best_earlier'
  | 'done_worse'
  | 'done_eval_worse'
  | 'stopped'
  | 'stopped_without_checkpoint'
  | 'interrupted'
  | 'interrupted_without_checkpoint'
  | 'failed';

/** `good` needs nobody, `attention` needs a look, `bad` has lost or is losing work, `neutral` has no opinion. */
export type VerdictLevel = 'good' | 'attention' | 'bad' | 'neutral';

export type Verdict = Readonly<{
  level: VerdictLevel;
  rule: VerdictRule;
  params: Readonly<Record<string, number>>;
}>;

/** Evaluations that must each be worse than the one before. */
const EVAL_RISES = 3;
/** Times the eval loss before training above which a run that goes on is worse: a warm-up may begin a hair above. */
const WORSE_FACTOR = 1.02;
/** How far above its best an eval loss is clearly above: this many times, and this much where losses are small. */
const ABOVE_BEST_FACTOR = 1.1;
const ABOVE_BEST_LEAST = 0.02;
/** Newest steps in which one loss without a finite value is told. */
const FINITE_WINDOW_STEPS = 20;
/** Steps of the throughput that are compared with the ones before them. */
const THROUGHPUT_WINDOW_STEPS = 10;
/** Steps before the window that make a comparison fair: the first ones warm caches up. */
const THROUGHPUT_LEAST_BEFORE = 20;
/** Share of the usual throughput below which it has collapsed. */
const THROUGHPUT_COLLAPSE_SHARE = 0.5;
/** Steps at either end whose median losses are compared. */
const DIVERGENCE_WINDOW_STEPS = 10;
/** Newest steps that {@link lossTrouble} looks at. */
export const LOSS_WINDOW_STEPS = FINITE_WINDOW_STEPS;
/** Times the loss it began with from which a run diverges. */
const DIVERGENCE_FACTOR = 1.5;

type LossFacts = Pick<VerdictFacts, 'recentLoss' | 'firstLosses' | 'step'>;
type LossTrouble = Verdict & Readonly<{ rule: 'loss_not_finite' | 'loss_diverging' }>;

/** What the losses alone say against a live run. */
export const lossTrouble = (facts: LossFacts): LossTrouble | undefined =>
  lossNotFinite(facts) ?? lossDiverging(facts);

type EvalTrouble = Verdict & Readonly<{ rule: 'eval_worse' | 'eval_rising' | 'eval_above_best' }>;

/** What the evaluations alone say against a live run, worst first. */
export const evalTrouble = (evalLoss: VerdictFacts['evalLoss']): EvalTrouble | undefined =>
  evalWorse(evalLoss, WORSE_FACTOR) ?? evalRising(evalLoss) ?? evalAboveBest(evalLoss);

/** What the evaluations say against a run that is done: worse than before, or far from the best on the way. */
export const endTrouble = (evalLoss: VerdictFacts['evalLoss']): EvalTrouble | undefined =>
  evalWorse(evalLoss, 1) ?? evalAboveBest(evalLoss);

/** The first rule that holds, worst first. */
export function verdictOf(facts: VerdictFacts): Verdict {
  if (!isLive(facts.state)) return verdictOfEnded(facts);
  if (facts.state === 'stopping') return verdict('neutral', 'stopping', {});
  return (
    lossTrouble(facts) ??
    evalTrouble(facts.evalLoss) ??
    throughputCollapsed(facts) ??
    (facts.step === 0 ? verdict('neutral', 'starting', {}) : verdict('good', 'healthy', {}))
  );
}

/** The step of the lowest finite eval loss, the first of equals. */
export function bestEvaluation(evalLoss: readonly CurvePoint[]): CurvePoint | undefined {
  let best: CurvePoint | undefined;
  for (const point of evalLoss) if (best === undefined || point.value < best.value) best = point;
  return best;
}

function verdict<R extends VerdictRule>(
  level: VerdictLevel,
  rule: R,
  params: Record<string, number>,
): Verdict & Readonly<{ rule: R }> {
  return { level, rule, params };
}

function verdictOfEnded(facts: VerdictFacts): Verdict {
  const step = facts.checkpointStep;
  switch (facts.state) {
    case 'queued':
      return verdict('neutral', 'queued', {});
    case 'stopped':
      if (step !== undefined) return verdict('neutral', 'stopped', { step });
      return verdict('attention', 'stopped_without_checkpoint', {});
    case 'interrupted':
      if (step !== undefined) return verdict('attention', 'interrupted', { step });
      return verdict('bad', 'interrupted_without_checkpoint', {});
    case 'failed':
      return verdict('bad', 'failed', { step: facts.step });
    case 'done':
    case 'starting':
    case 'running':
    case 'stopping':
      return verdictOfDone(facts);
  }
}

function verdictOfDone(facts: VerdictFacts): Verdict {
  const { evalLoss, step } = facts;
  const worse = lossDiverging(facts);
  if (worse !== undefined) return verdict('attention', 'done_worse', worse.params);
  const worseThanBefore = evalWorse(evalLoss, 1);
  if (worseThanBefore !== undefined) return verdict('attention', 'done_eval_worse', worseThanBefore.params);
  const best = bestEvaluation(evalLoss);
  const last = evalLoss.at(-1);
  if (best !== undefined && last !== undefined && best.value < last.value) {
    return verdict('attention', 'done_best_earlier', {
      bestStep: best.step,
      bestLoss: best.value,
      lastLoss: last.value,
    });
  }
  return verdict('good', 'done', { step });
}

function lossNotFinite({ recentLoss }: LossFacts): LossTrouble | undefined {
  const missing = recentLoss.slice(-FINITE_WINDOW_STEPS).filter((point) => point.value === null);
  const [first] = missing;
  if (first === undefined) return undefined;
  return verdict('bad', 'loss_not_finite', { count: missing.length, step: first.step });
}

function lossDiverging({ recentLoss, firstLosses, step }: LossFacts): LossTrouble | undefined {
  const newest = recentLoss.slice(-DIVERGENCE_WINDOW_STEPS).flatMap(({ value }) => value ?? []);
  const first = firstLosses.slice(0, DIVERGENCE_WINDOW_STEPS).map((point) => point.value);
  // Both ends need ten values of their own.
  if (step < 2 * DIVERGENCE_WINDOW_STEPS) return undefined;
  if (first.length < DIVERGENCE_WINDOW_STEPS || newest.length < DIVERGENCE_WINDOW_STEPS) return undefined;
  const firstLoss = median(first);
  const loss = median(newest);
  if (firstLoss <= 0 || loss < firstLoss * DIVERGENCE_FACTOR) return undefined;
  return verdict('attention', 'loss_diverging', { loss, firstLoss });
}

/** Against the evaluation before the first step: what the base, or the adapter that was started from, had by itself. */
function evalWorse(evalLoss: VerdictFacts['evalLoss'], factor: number): EvalTrouble | undefined {
  const [before] = evalLoss;
  const last = evalLoss.at(-1);
  if (before?.step !== 0 || last === undefined || last.value <= before.value * factor) return undefined;
  return verdict('attention', 'eval_worse', {
    step: last.step,
    lastLoss: last.value,
    baseLoss: before.value,
  });
}

function evalAboveBest(evalLoss: VerdictFacts['evalLoss']): EvalTrouble | undefined {
  const best = bestEvaluation(evalLoss);
  const last = evalLoss.at(-1);
  if (best === undefined || last === undefined) return undefined;
  if (last.value < best.value * ABOVE_BEST_FACTOR || last.value < best.value + ABOVE_BEST_LEAST)
    return undefined;
  return verdict('attention', 'eval_above_best', {
    step: last.step,
    lastLoss: last.value,
    bestStep: best.step,
    bestLoss: best.value,
  });
}

function evalRising(evalLoss: VerdictFacts['evalLoss']): EvalTrouble | undefined {
  const newest = evalLoss.slice(-EVAL_RISES - 1);
  if (newest.length <= EVAL_RISES) return undefined;
  const rises = newest.every((point, at) => at === 0 || point.value > (newest[at - 1]?.value ?? Infinity));
  const best = bestEvaluation(evalLoss);
  if (!rises || best === undefined) return undefined;
  return verdict('attention', 'eval_rising', {
    times: EVAL_RISES,
    bestStep: best.step,
    bestLoss: best.value,
  });
}

function throughputCollapsed({ recentThroughput }: VerdictFacts): Verdict | undefined {
  const now = recentThroughput.slice(-THROUGHPUT_WINDOW_STEPS).map((point) => point.value);
  const before = recentThroughput.slice(0, -THROUGHPUT_WINDOW_STEPS).map((point) => point.value);
  if (before.length < THROUGHPUT_LEAST_BEFORE) return undefined;
  const usual = median(before);
  const current = median(now);
  if (usual <= 0 || current >= usual * THROUGHPUT_COLLAPSE_SHARE) return undefined;
  return verdict('attention', 'throughput_collapsed', { current, usual });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
