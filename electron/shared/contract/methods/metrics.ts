import { z } from 'zod';
import { method } from '../define.ts';
import { referenceSchema } from './common.ts';

const seriesSchema = z.object({
  key: z.string(),
  /** Points in the asked range before decimation. */
  total: z.int(),
  /** Finite values, decimated by largest-triangle-three-buckets. */
  points: z.array(z.object({ step: z.int(), value: z.number() })),
  /** The moving average at each of `points`, made of every raw value from step 0 on; empty without smoothing. */
  smoothed: z.array(z.number()),
  /** Finite values from step 0 to the end of the range: what a smoothed curve needs to be carried on. */
  finiteCount: z.int(),
  /** Where points were left out: lowest and highest value of each bucket, so that a spike stays visible. */
  buckets: z.array(z.object({ fromStep: z.int(), toStep: z.int(), min: z.number(), max: z.number() })),
  /** Steps at which the run reported NaN or an infinity (the first 200). */
  nonFiniteSteps: z.array(z.int()),
});

export const METRIC_METHODS = {
  'metrics.query': method({
    input: z.object({
      run: referenceSchema,
      keys: z.array(z.string().min(1)).min(1).max(32),
      from: z.int().nonnegative().default(0),
      to: z.int().nonnegative().optional(),
      maxPoints: z.int().min(2).max(5000).default(1200),
      /** Weight of the moving average's past, computed before decimation; 0 computes none. */
      smoothing: z.number().min(0).max(0.999).default(0),
    }),
    output: z.object({ series: z.array(seriesSchema) }),
    errors: ['core.not_found', 'core.ambiguous'],
  }),
} as const;

export type MetricSeries = z.output<typeof seriesSchema>;
