import type { Recipe } from '../../protocol/recipe.ts';

/** What is known about a dataset's lengths from its statistics with the recipe's tokenizer and template. */
export type TokenFacts = Readonly<{
  /** Rows that were counted, training and evaluation rows together. */
  rows: number;
  /** Tokens of those rows after cutting each to the cutoff length. */
  keptTokens: number;
}>;

export type StepEstimate = Readonly<{
  /** Samples or packs of one optimizer step. */
  globalBatch: number;
  /** Units of one pass; undefined where packs cannot be counted without token statistics. */
  unitsPerEpoch: number | undefined;
  stepsPerEpoch: number | undefined;
  steps: number | undefined;
  /** Tokens of the whole run, cut rows counted as cut; undefined without statistics. */
  tokens: number | undefined;
  /** False where packs were estimated from the token count instead of planned. */
  exact: boolean;
}>;

/**
 * Steps of a run before it starts, by the rule of the pack plan (python-runtime/legal_eagle/data/pack_plan.py):
 * the last step of an epoch may hold fewer units, and a run has ceil(epochs × steps per epoch) steps, at most
 * `maxSteps`.
 */
export function estimateSteps(
  recipe: Pick<Recipe, 'batch' | 'epochs' | 'maxSteps' | 'cutoffLength'>,
  dataset: Readonly<{ trainRows: number; tokens?: TokenFacts }>,
  devices = 1,
): StepEstimate {
  const { unit, microBatch, gradientAccumulation } = recipe.batch;
  const globalBatch = microBatch * gradientAccumulation * devices;
  const { trainRows, tokens: facts } = dataset;
  const tokensPerEpoch =
    facts === undefined || facts.rows === 0 ? undefined : (facts.keptTokens / facts.rows) * trainRows;
  const unitsPerEpoch =
    unit === 'samples'
      ? trainRows
      : tokensPerEpoch === undefined
        ? undefined
        : Math.ceil(tokensPerEpoch / recipe.cutoffLength);
  const exact = unit === 'samples';
  if (unitsPerEpoch === undefined || unitsPerEpoch === 0) {
    return {
      globalBatch,
      unitsPerEpoch,
      stepsPerEpoch: unitsPerEpoch,
      steps: unitsPerEpoch,
      tokens: undefined,
      exact,
    };
  }
  const stepsPerEpoch = Math.ceil(unitsPerEpoch / globalBatch);
  // Rounded as the plan does, so that 0.1 × 30 is 3 steps and not 4.
  const wanted = Math.max(1, Math.ceil(Number((recipe.epochs * stepsPerEpoch).toFixed(9))));
  const steps = recipe.maxSteps === 0 ? wanted : Math.min(wanted, recipe.maxSteps);
  return {
    globalBatch,
    unitsPerEpoch,
    stepsPerEpoch,
    steps,
    tokens: tokensPerEpoch === undefined ? undefined : Math.round((tokensPerEpoch * steps) / stepsPerEpoch),
    exact,
  };
}

/** Accumulation with which `devices` cards reach a global batch; undefined where no whole number does. */
export function accumulationFor(
  globalBatch: number,
  microBatch: number,
  devices: number,
): number | undefined {
  const accumulation = globalBatch / (microBatch * devices);
  return Number.isInteger(accumulation) && accumulation >= 1 ? accumulation : undefined;
}
