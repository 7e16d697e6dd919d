import type { PreflightFix } from './preflight-note.ts';

/** `limit`: tokens computed at once. */
export type FitChange = Readonly<{ limit?: number; cutoff?: number; precision?: 'bf16' }>;

export type FixQuestion = Readonly<{
  capacityBytes: number;
  limit: number;
  cutoff: number;
  longestTokens: number;
  /** Whether the base could be held in bf16 instead of fp32. */
  mayHalveWeights: boolean;
  peakBytes: (change: FitChange) => number;
}>;

/** A shorter cutoff than this leaves no legal answer whole. */
const CUTOFF_MIN = 64;
const LIMIT_STEP = 64;

/**
 * What would make a run fit, the change that costs least first: fewer tokens at once (the gradient stays), the
 * base in bf16, a shorter cutoff with no more than that at once. Where none is enough: each with the base in bf16.
 */
export function suggestFixes(question: FixQuestion): readonly PreflightFix[] {
  const alone = changesThatFit(question, {});
  const halved = question.mayHalveWeights ? [{ precision: 'bf16' } as const] : [];
  const changes = [...alone.limit, ...halved.filter(fitTest(question)), ...alone.cutoff];
  if (changes.length > 0) return changes.map((change) => toFix(change, question));
  return halved.flatMap((precision) => {
    const { limit, cutoff } = changesThatFit(question, precision);
    return [...limit, ...cutoff].map((change) => toFix(change, question));
  });
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

function settingsOf({ limit, cutoff, precision }: FitChange): PreflightFix['settings'] {
  return [
    ...(cutoff === undefined ? [] : [{ field: 'cutoffLength', value: cutoff }]),
    ...(limit === undefined ? [] : [{ field: 'hardware.maxTokensPerMicroBatch', value: limit }]),
    ...(precision === undefined ? [] : [{ field: 'hardware.precision', value: precision }]),
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
