import { z } from 'zod';

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
