import type { PreflightFacts } from './preflight-facts.ts';
import { setting, type PreflightFix, type PreflightNote } from './preflight-note.ts';
import type { FitChange } from './suggest-fixes.ts';
import { cutLengths, type CutLengths, type TokenLengths } from './token-lengths.ts';

/** A tail that is cut off in fewer rows than this is no reason to worry anyone. */
const TRUNCATED_WORTH_A_WARNING = 0.01;
/** Cutoffs are offered in multiples of this. */
const CUTOFF_STEP = 64;

/** What the dataset makes of the recipe that a person may not want. */
export function assessData(
  facts: PreflightFacts,
  cut: CutLengths,
  fitsWith: (change: FitChange) => boolean,
): readonly PreflightNote[] {
  const { recipe, lengths, maxPositions } = facts;
  const warnings: PreflightNote[] = [];
  if (lengths !== undefined && cut.truncatedShare >= TRUNCATED_WORTH_A_WARNING) {
    const share = cut.truncatedShare;
    const params = { percent: percent(share), rows: Math.round(share * facts.trainRows), share };
    warnings.push({
      code: 'preflight.cutoff_truncates',
      params: { ...params, cutoff: recipe.cutoffLength },
      fixes: longerCutoffs(lengths, recipe.cutoffLength, maxPositions, fitsWith),
    });
  }
  if (cut.longestTokens > maxPositions) {
    const params = { longest: cut.longestTokens, positions: maxPositions };
    const fixes = [setting('cutoffLength', maxPositions)];
    warnings.push({ code: 'train.rows_beyond_positions', params, fixes });
  }
  if (lengths?.source === 'characters') {
    warnings.push({ code: 'preflight.tokens_estimated', params: { rows: facts.trainRows }, fixes: [] });
  }
  if (facts.shape.isCompat === true) {
    warnings.push({ code: 'preflight.compat_estimate', params: {}, fixes: [] });
  }
  if (facts.evalRows === 0) warnings.push({ code: 'preflight.no_eval_rows', params: {}, fixes: [] });
  return warnings;
}

/** The cutoff with which so few rows are cut that nobody needs to know, and the one that cuts none; those that fit. */
export function longerCutoffs(
  lengths: TokenLengths,
  cutoff: number,
  maxPositions: number,
  fitsWith: (change: FitChange) => boolean,
): readonly PreflightFix[] {
  const whole = Math.ceil(lengths.longestTokens / CUTOFF_STEP) * CUTOFF_STEP;
  let few = Math.ceil((cutoff + 1) / CUTOFF_STEP) * CUTOFF_STEP;
  while (few < whole && cutLengths(lengths, few).truncatedShare >= TRUNCATED_WORTH_A_WARNING) {
    few += CUTOFF_STEP;
  }
  return [...new Set([few, whole])]
    .filter((value) => value > cutoff && value <= maxPositions && fitsWith({ cutoff: value }))
    .map((value) => setting('cutoffLength', value));
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
