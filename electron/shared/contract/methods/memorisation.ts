import { z } from 'zod';

import { memorisationResultSchema } from '../../protocol/memorisation.ts';
import { method } from '../define.ts';
import { referenceSchema } from './common.ts';
import { jobSchema } from './jobs.ts';

const verdictSchema = z.enum(['none-found', 'found', 'not-judged']);

export const MEMORISATION_METHODS = {
  /**
   * Checks whether a run's adapter (final, or of checkpoint `step`), or the whole model that full fine-tuning or a
   * merge made of it, gives training rows back word for word. The topic `job.<id>` says how far it is; the result
   * is kept with the run, in place of an earlier one.
   */
  'memorisation.start': method({
    input: z.strictObject({
      run: referenceSchema,
      step: z.int().min(1).optional(),
      /** A merged model of this run, in place of its adapter. */
      model: referenceSchema.optional(),
      /** 0 only looks for personal data in the rows. */
      rows: z.int().min(0).max(4096).default(64),
      seed: z.int().min(0).default(42),
      prefixTokens: z.int().min(0).max(512).default(16),
      continuationTokens: z.int().min(16).max(1024).default(128),
      device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
    }),
    output: z.object({ jobId: z.string() }),
    errors: [
      'core.ambiguous',
      'core.not_found',
      'core.read_only',
      'memorisation.already_running',
      'memorisation.no_weights',
      'memorisation.other_model',
      'merge.base_missing',
    ],
  }),
  /** The newest result of a run, and the check that computes now. */
  'memorisation.show': method({
    input: z.strictObject({ run: referenceSchema }),
    output: z.object({
      result: memorisationResultSchema.optional(),
      verdict: verdictSchema.optional(),
      job: jobSchema.optional(),
    }),
    errors: ['core.ambiguous', 'core.not_found'],
  }),
} as const;
