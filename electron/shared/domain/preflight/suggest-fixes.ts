/** Settings that together make a run fit, as `--set` takes them. */
export type PreflightFix = Readonly<{
  settings: readonly Readonly<{ field: string; value: number | string }>[];
  peakBytes: number;
}>;

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
 * base in bf16, a shorter cutoff with no more than that at once.
 */
export function suggestFixes(question: FixQuestion): readonly PreflightFix[] {
  const { peakBytes } = question;
  const fits = (change: FitChange): boolean => peakBytes(change) <= question.capacityBytes;
  const limit = largestThatFits(question.longestTokens, question.limit, (value) => fits({ limit: value }));
  const cutoff = largestThatFits(CUTOFF_MIN, Math.min(question.cutoff, question.longestTokens), (value) =>
    fits({ cutoff: value, limit: value }),
  );
  const changes: readonly FitChange[] = [
    ...(limit === undefined ? [] : [{ limit }]),
    ...(question.mayHalveWeights && fits({ precision: 'bf16' }) ? [{ precision: 'bf16' } as const] : []),
    ...(cutoff === undefined ? [] : [{ cutoff, limit: cutoff }]),
  ];
  return changes.map((change) => ({ settings: settingsOf(change), peakBytes: peakBytes(change) }));
}

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
