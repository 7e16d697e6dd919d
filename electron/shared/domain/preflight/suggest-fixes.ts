import type { PreflightFix } from './preflight-note.ts';

/** `limit`: tokens computed at once. */
/** A base in 8 bits, or in 4. */
type EightOrFourBits = 'int8' | 'nf4';

export type FitChange = Readonly<{
  limit?: number;
  cutoff?: number;
  precision?: 'bf16';
  recompute?: 'auto' | 'full';
  quantization?: EightOrFourBits;
  /** An adapter instead of every parameter. */
  method?: 'lora';
}>;

export type FixQuestion = Readonly<{
  capacityBytes: number;
  limit: number;
  cutoff: number;
  longestTokens: number;
  /** The setting with which layers that the recipe keeps are computed again; undefined where there is none. */
  recompute: 'auto' | 'full' | undefined;
  /** Whether the base could be held in bf16 instead of fp32. */
  mayHalveWeights: boolean;
  /** How many bits the base could be held in instead of as loaded: the more the better. */
  quantizations: readonly EightOrFourBits[];
  /** Whether every parameter is trained, which an adapter could do with far less. */
  isFull: boolean;
  peakBytes: (change: FitChange) => number;
}>;

/** A shorter cutoff than this leaves no legal answer whole. */
const CUTOFF_MIN = 64;
const LIMIT_STEP = 64;
const NOTHING_ELSE: FitChange = {};

/**
 * What would make a run fit, the change that costs least first: layers computed again and fewer tokens at once (the
 * gradient stays), the base in bf16, in 8 bits, in 4 bits, a shorter cutoff with no more than that at once. Where none is enough: each with
 * layers computed again, with the base in bf16, with both. Where every parameter is trained, an adapter comes last.
 */
export function suggestFixes(question: FixQuestion): readonly PreflightFix[] {
  const lora: FitChange = { method: 'lora' };
  const adapter = question.isFull && fitTest(question)(lora) ? [toFix(lora, question)] : [];
  return [...changesOfThisMethod(question), ...adapter];
}

function changesOfThisMethod(question: FixQuestion): readonly PreflightFix[] {
  const again = question.recompute === undefined ? [] : [{ recompute: question.recompute }];
  const halved = question.mayHalveWeights ? [{ precision: 'bf16' } as const] : [];
  const both = again.flatMap((one) => halved.map((other) => ({ ...one, ...other })));
  for (const also of [NOTHING_ELSE, ...again, ...halved, ...both]) {
    const { limit, cutoff } = changesThatFit(question, also);
    const alone = also === NOTHING_ELSE ? [...again] : [];
    const bases = halved.map((one) => ({ ...also, ...one })).filter(fitTest(question));
    const bits = question.quantizations.map((quantization) => ({ ...also, quantization }));
    const changes = [
      ...alone.filter(fitTest(question)),
      ...limit,
      ...bases,
      ...bits.filter(fitTest(question)),
      ...cutoff,
    ];
    if (changes.length > 0) return changes.map((change) => toFix(change, question));
  }
  return [];
}

type Changes = Readonly<{ limit: readonly FitChange[]; cutoff: readonly FitChange[] }>;

/** Fewer tokens at once, and a shorter cutoff, each beside `also`. */
function changesThatFit(question: FixQuestion, also: FitChange): Changes {
  const { longestTokens } = question;
  const fits = fitTest(question);
  const limit = largestThatFits(longestTokens, question.limit, (value) => fits({ ...also, limit: value }));
  const cutoff = largestThatFits(CUTOFF_MIN, Math.min(question.cutoff, longestTokens), (value) =>
    fits({ ...also, cutoff: value, limit: value }),
  );
  return {
    limit: limit === undefined ? [] : [{ ...also, limit }],
    cutoff: cutoff === undefined ? [] : [{ ...also, cutoff, limit: cutoff }],
  };
}

/** Fewer tokens at once, where that alone is enough: slower, and the gradient stays. */
export function smallerLimit(question: FixQuestion): readonly PreflightFix[] {
  return changesThatFit(question, {}).limit.map((change) => toFix(change, question));
}

const fitTest =
  ({ peakBytes, capacityBytes }: FixQuestion) =>
  (change: FitChange): boolean =>
    peakBytes(change) <= capacityBytes;

const toFix = (change: FitChange, { peakBytes }: FixQuestion): PreflightFix => ({
  settings: settingsOf(change),
  peakBytes: peakBytes(change),
});

function settingsOf({
  limit,
  cutoff,
  precision,
  recompute,
  quantization,
  method,
}: FitChange): PreflightFix['settings'] {
  return [
    ...(recompute === undefined ? [] : [{ field: 'hardware.recompute', value: recompute }]),
    ...(cutoff === undefined ? [] : [{ field: 'cutoffLength', value: cutoff }]),
    ...(limit === undefined ? [] : [{ field: 'hardware.maxTokensPerMicroBatch', value: limit }]),
    ...(precision === undefined ? [] : [{ field: 'hardware.precision', value: precision }]),
    ...(method === undefined ? [] : [{ field: 'method', value: method }]),
    ...(quantization === undefined ? [] : [{ field: 'hardware.quantization', value: quantization }]),
  ];
}

/** The largest multiple of a step in [lowest, highest) that fits, the lowest itself included. */
function largestThatFits(
  lowest: number,
  highest: number,
  fits: (value: number) => boolean,
): number | undefined {
  if (highest <= lowest || !fits(lowest)) return undefined;
  let low = Math.floor(lowest / LIMIT_STEP);
  let high = Math.ceil(highest / LIMIT_STEP);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle * LIMIT_STEP)) low = middle;
    else high = middle;
  }
  return Math.max(lowest, low * LIMIT_STEP);
}
