import { z } from 'zod';
import { method } from '../define.ts';
import { jobSchema } from './jobs.ts';
import { modelSchema } from './models.ts';
import { referenceSchema } from './common.ts';

export const MERGE_METHODS = {
  /** Merges a run's adapter (final, or of a checkpoint) into its base model; the result is a model record. */
  'merge.start': method({
    input: z.object({
      run: referenceSchema,
      step: z.int().min(1).optional(),
      dtype: z.enum(['base', 'fp32']).default('base'),
      name: z.string().trim().min(1).max(120).optional(),
      maxShardBytes: z.int().min(1024).default(2_000_000_000),
      parityPrompts: z.array(z.string().min(1)).max(64).default([]),
    }),
    output: z.object({ modelId: z.string(), jobId: z.string() }),
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'merge.no_adapter',
      'merge.whole_model',
      'merge.base_missing',
    ],
  }),
  /** Goes on with a merge that was stopped or failed: its files that are whole stay as they are. */
  'merge.resume': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ modelId: z.string(), jobId: z.string() }),
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'merge.no_adapter',
      'merge.base_missing',
      'merge.not_merged',
      'merge.not_unfinished',
    ],
  }),
  'merge.show': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ model: modelSchema, job: jobSchema.optional() }),
    errors: ['core.not_found', 'core.ambiguous', 'merge.not_merged'],
  }),
} as const;
