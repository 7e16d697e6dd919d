import type { Recipe } from '../../protocol/recipe.ts';
import { localProcesses } from '../choose-card.ts';
import type { MicroBatch } from './peak-memory.ts';
import type { CutLengths } from './token-lengths.ts';

/** What a run will do, as `legal_eagle.data.pack_plan` decides it before the first step. */
export type TrainingForecast = Readonly<{
  /** Samples or packs of an optimizer step. */
  globalBatch: number;
  stepsPerEpoch: number;
  steps: number;
  tokensPerEpoch: number;
  /** Tokens of the whole run. */
  trainTokens: number;
  /** Tokens of the heaviest optimizer step. */
  heaviestStepTokens: number;
}>;

/** Best-fit packing in windows of 4,096 documents leaves about this much of a pack full (measured). */
const PACK_FILL = 0.99;
/** Lengths are skewed: of thousands of steps the heaviest lies about here above the mean (measured). */
const HEAVY_DEVIATIONS = 4;
/** `max_steps` and fractional epochs are rounded as the engine does it. */
const ROUND_DIGITS = 9;

/** `rows`: training rows of the dataset. */
export function forecastTraining(recipe: Recipe, rows: number, lengths: CutLengths): TrainingForecast {
  const globalBatch =
    recipe.batch.microBatch * recipe.batch.gradientAccumulation * localProcesses(recipe.hardware);
  const documents = Math.round(rows * (1 - lengths.lostShare));
  const tokensPerEpoch = Math.round(documents * lengths.meanTokens);
  const isPacked = recipe.batch.unit === 'packs';
  const units = isPacked ? Math.ceil(tokensPerEpoch / (recipe.cutoffLength * PACK_FILL)) : documents;
  const stepsPerEpoch = Math.ceil(units / globalBatch);
  const wanted = Math.max(1, Math.ceil(Number((recipe.epochs * stepsPerEpoch).toFixed(ROUND_DIGITS))));
  const limited = recipe.maxSteps === 0 ? wanted : Math.min(wanted, recipe.maxSteps);
  const steps = stepsPerEpoch === 0 ? 0 : limited;
  return {
    globalBatch,
    stepsPerEpoch,
    steps,
    tokensPerEpoch,
    trainTokens: stepsPerEpoch === 0 ? 0 : Math.round((tokensPerEpoch * steps) / stepsPerEpoch),
    heaviestStepTokens: isPacked
      ? Math.min(globalBatch * recipe.cutoffLength, tokensPerEpoch)
      : heaviestSamples(Math.min(globalBatch, documents), lengths),
  };
}

function heaviestSamples(count: number, lengths: CutLengths): number {
  if (count === 0) return 0;
  const { meanTokens, longestTokens, standardDeviation } = lengths;
  const spread = count * meanTokens + HEAVY_DEVIATIONS * standardDeviation * Math.sqrt(count);
  const withLongest = longestTokens + (count - 1) * meanTokens;
  return Math.ceil(Math.min(count * longestTokens, Math.max(spread, withLongest)));
}

/**
 * The forward passes that can be the largest when at most `limit` tokens (never fewer than the longest document)
 * are computed at once: the longest document with typical ones, and typical ones alone.
 */
export function heaviestMicroBatches(
  forecast: TrainingForecast,
  lengths: CutLengths,
  answerShare: number,
  limit: number,
): readonly MicroBatch[] {
  const { longestTokens } = lengths;
  const tokens = Math.min(Math.max(limit, longestTokens), forecast.heaviestStepTokens);
  if (tokens <= 0) return [];
  const typical = Math.max(1, Math.round(lengths.typicalTokens));
  const answerTokens = Math.ceil(tokens * answerShare);
  return [
    { lengths: [longestTokens, ...filled(tokens - longestTokens, typical)], answerTokens },
    { lengths: filled(tokens, typical), answerTokens },
  ];
}

/** Documents of `length` tokens, and a shorter one, that together hold `tokens`. */
function filled(tokens: number, length: number): readonly number[] {
  if (tokens <= 0) return [];
  const whole = Array.from({ length: Math.floor(tokens / length) }, () => length);
  const rest = tokens % length;
  return rest === 0 ? whole : [...whole, rest];
}
