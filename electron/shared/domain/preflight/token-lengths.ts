import { z } from 'zod';

/** Rows whose length lies above `above` and at most at `upTo` tokens. */
export type LengthBin = Readonly<{ above: number; upTo: number; rows: number }>;

/** Lengths of a dataset's rows in tokens, uncut, and how they are known. */
export type TokenLengths = Readonly<{
  source: 'statistics' | 'characters';
  bins: readonly LengthBin[];
  meanTokens: number;
  longestTokens: number;
  /** Supervised tokens of all tokens, 0–1. */
  answerShare: number;
  /** What was counted at one cutoff, training and evaluation rows together; it is exact there. */
  counted?: Readonly<{ cutoff: number; meanTokens?: number; truncatedShare: number; lostShare: number }>;
}>;

/** Characters of one row; `messages` counts its turns. */
export type RowCharacters = Readonly<{ characters: number; answerCharacters: number; messages: number }>;

/** What rows look like after the cut. */
export type CutLengths = Readonly<{
  meanTokens: number;
  standardDeviation: number;
  longestTokens: number;
  /** E[len²] / E[len]: the length of the document that a random token stands in. */
  typicalTokens: number;
  /** Share of rows longer than the cutoff, 0–1. */
  truncatedShare: number;
  /** Share of rows that keep no answer below the cutoff, 0–1. */
  lostShare: number;
}>;

/** No row at all. */
export const NO_LENGTHS: CutLengths = {
  meanTokens: 0,
  standardDeviation: 0,
  longestTokens: 0,
  typicalTokens: 0,
  truncatedShare: 0,
  lostShare: 0,
};

/** Chinese legal text has about 0.6 tokens a character under common vocabularies; English has fewer. */
const TOKENS_PER_CHARACTER = 0.6;
/** A chat template's marks around one message. */
const TOKENS_PER_MESSAGE = 6;
const BIN_TOKENS = 16;

const describedSchema = z.object({ mean: z.number(), max: z.number(), sum: z.number() });
const statisticsSchema = z.object({
  rows: z.int().min(1),
  cutoffLength: z.int().optional(),
  rowTokens: describedSchema,
  answerTokens: describedSchema,
  overCutoff: z.object({ share: z.number(), answersLost: z.int() }).optional(),
  padShare: z.object({ toCutoff: z.number() }).optional(),
  histogram: z.array(z.object({ upTo: z.int().nullable(), rows: z.int() })),
});

/** Reads the result of a dataset-statistics job; undefined where it is none. */
export function lengthsFromStatistics(value: unknown): TokenLengths | undefined {
  const parsed = statisticsSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { rows, rowTokens, answerTokens, histogram, cutoffLength, overCutoff, padShare } = parsed.data;
  let above = 0;
  const bins: LengthBin[] = [];
  for (const bin of histogram) {
    const upTo = Math.min(bin.upTo ?? rowTokens.max, rowTokens.max);
    if (bin.rows > 0) bins.push({ above: Math.min(above, upTo), upTo, rows: bin.rows });
    above = bin.upTo ?? above;
  }
  return {
    source: 'statistics',
    bins,
    meanTokens: rowTokens.mean,
    longestTokens: rowTokens.max,
    answerShare: rowTokens.sum === 0 ? 0 : answerTokens.sum / rowTokens.sum,
    ...(cutoffLength === undefined || overCutoff === undefined
      ? {}
      : {
          counted: {
            cutoff: cutoffLength,
            // Of a row padded to the cutoff, so much is its own.
            ...(padShare === undefined ? {} : { meanTokens: (1 - padShare.toCutoff) * cutoffLength }),
            truncatedShare: overCutoff.share,
            lostShare: overCutoff.answersLost / rows,
          },
        }),
  };
}

/** Estimates lengths where nobody has counted tokens yet. `systemCharacters`: a prompt put before each row. */
export function lengthsFromCharacters(
  rows: readonly RowCharacters[],
  systemCharacters: number,
): TokenLengths | undefined {
  if (rows.length === 0) return undefined;
  const counts = new Map<number, number>();
  let total = 0;
  let answers = 0;
  let longest = 0;
  for (const row of rows) {
    const text = (row.characters + systemCharacters) * TOKENS_PER_CHARACTER;
    const tokens = Math.ceil(text + row.messages * TOKENS_PER_MESSAGE);
    const bin = Math.ceil(tokens / BIN_TOKENS);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
    total += tokens;
    answers += Math.ceil(row.answerCharacters * TOKENS_PER_CHARACTER) + 1;
    longest = Math.max(longest, tokens);
  }
  const bins = [...counts]
    .sort(([left], [right]) => left - right)
    .map(([bin, count]) => ({ above: (bin - 1) * BIN_TOKENS, upTo: bin * BIN_TOKENS, rows: count }));
  return {
    source: 'characters',
    bins,
    meanTokens: total / rows.length,
    longestTokens: longest,
    answerShare: Math.min(1, answers / total),
  };
}

/** The lengths after every row is cut to `cutoff` tokens; inside a bin lengths are taken as spread evenly. */
export function cutLengths(lengths: TokenLengths, cutoff: number): CutLengths {
  let rows = 0;
  let sum = 0;
  let squares = 0;
  let uncut = 0;
  let truncated = 0;
  for (const { above, upTo, rows: count } of lengths.bins) {
    const below = upTo <= cutoff ? 1 : above >= cutoff ? 0 : (cutoff - above) / (upTo - above);
    const middle = (above + Math.min(upTo, cutoff)) / 2;
    rows += count;
    uncut += (count * (above + upTo)) / 2;
    sum += count * (below * middle + (1 - below) * cutoff);
    squares += count * (below * middle ** 2 + (1 - below) * cutoff ** 2);
    truncated += count * (1 - below);
  }
  if (sum === 0) return NO_LENGTHS;
  const counted = lengths.counted?.cutoff === cutoff ? lengths.counted : undefined;
  const longestTokens = Math.min(lengths.longestTokens, cutoff);
  // Bins know only ranges; the mean is known exactly.
  const correction = lengths.meanTokens / (uncut / rows);
  const meanTokens = counted?.meanTokens ?? Math.min((sum / rows) * correction, longestTokens);
  return {
    meanTokens,
    standardDeviation: Math.sqrt(Math.max(0, squares / rows - (sum / rows) ** 2)),
    longestTokens,
    typicalTokens: Math.min(squares / sum, longestTokens),
    truncatedShare: counted?.truncatedShare ?? (lengths.longestTokens <= cutoff ? 0 : truncated / rows),
    lostShare: counted?.lostShare ?? 0,
  };
}
