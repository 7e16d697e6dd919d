import { z } from 'zod';

import type { TokenFacts } from './step-estimate.ts';

/** The figures of a dataset-statistics job that a form reads (python-runtime/legal_eagle/data/token_statistics.py). */
export const tokenStatisticsSchema = z.object({
  template: z.string(),
  cutoffLength: z.int(),
  rows: z.int(),
  promptTokens: z.record(z.string(), z.number()),
  answerTokens: z.record(z.string(), z.number()),
  rowTokens: z.record(z.string(), z.number()),
  overCutoff: z.object({
    rows: z.int(),
    share: z.number(),
    answersCut: z.int(),
    answersLost: z.int(),
  }),
  padShare: z.object({ toCutoff: z.number(), toLongestOfBatch: z.number(), batchRows: z.int() }),
  histogram: z.array(z.object({ upTo: z.int().nullable(), rows: z.int() })),
});

export type TokenStatistics = z.output<typeof tokenStatisticsSchema>;

/** The newest statistics of a dataset that were counted with this cutoff length. */
export function statisticsFor(
  stored: readonly Readonly<{ createdAtMs: number; value: Readonly<Record<string, unknown>> }>[],
  cutoffLength: number,
): TokenStatistics | undefined {
  return stored
    .toSorted((left, right) => right.createdAtMs - left.createdAtMs)
    .map(({ value }) => tokenStatisticsSchema.safeParse(value).data)
    .find((statistics) => statistics?.cutoffLength === cutoffLength);
}

/** `padShare.toCutoff` is 1 − kept tokens ÷ (rows × cutoff length), so the kept tokens follow exactly. */
export function tokenFactsOf(statistics: TokenStatistics): TokenFacts {
  const { rows, cutoffLength, padShare } = statistics;
  return { rows, keptTokens: Math.round((1 - padShare.toCutoff) * rows * cutoffLength) };
}
