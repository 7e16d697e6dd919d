import { z } from 'zod';
import { method } from '../define.ts';
import { errorSummarySchema, pageInputShape, pageOf, referenceSchema, timeMsSchema } from './common.ts';

/** What the files of a model folder say, read without executing anything. */
const modelFactsSchema = z.object({
  architecture: z.string(),
  family: z.string().optional(),
  layout: z.enum(['internlm2', 'llama']).optional(),
  dtype: z.string(),
  parameters: z.int(),
  bytes: z.int(),
  layers: z.int().optional(),
  hiddenSize: z.int().optional(),
  heads: z.int().optional(),
  kvHeads: z.int().optional(),
  vocabSize: z.int().optional(),
  maxPositions: z.int().optional(),
  template: z.string().optional(),
  supported: z.boolean(),
  reason: errorSummarySchema.optional(),
});

export const modelSchema = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  origin: z.enum(['added', 'merged']),
  state: z.enum(['ready', 'building', 'failed']),
  createdAtMs: timeMsSchema,
  facts: modelFactsSchema.optional(),
  baseModelPath: z.string().optional(),
  runId: z.string().optional(),
  step: z.int().optional(),
  jobId: z.string().optional(),
  error: errorSummarySchema.optional(),
  parity: z.record(z.string(), z.unknown()).optional(),
});

export const MODEL_METHODS = {
  /** Adds a folder by reference; nothing is copied. A folder that cannot be trained is refused with the reason. */
  'models.add': method({
    input: z.object({ path: z.string().min(1), name: z.string().trim().min(1).max(120).optional() }),
    output: modelSchema,
    errors: [
      'core.read_only',
      'model.adapter_not_base',
      'model.config_broken',
      'model.config_invalid',
      'model.config_missing',
      'model.extra_tensors',
      'model.folder_missing',
      'model.index_broken',
      'model.index_path',
      'model.missing_tensors',
      'model.no_weights',
      'model.pickle_only',
      'model.rope_unsupported',
      'model.shard_broken',
      'model.shard_missing',
      'model.tensor_dtype',
      'model.tensor_shape',
      'model.unsupported_architecture',
      'model.unsupported_option',
    ],
  }),
  'models.list': method({
    input: z.object({ search: z.string().max(200).default(''), ...pageInputShape }),
    output: pageOf(modelSchema),
    errors: [],
  }),
  'models.show': method({
    input: z.object({ model: referenceSchema }),
    output: modelSchema,
    errors: ['core.not_found', 'core.ambiguous'],
  }),
  /** Forgets an added folder; one that the studio made (merged) moves into the trash. Both can be restored. */
  'models.remove': method({
    input: z.object({ model: referenceSchema }),
    output: z.object({ modelId: z.string(), trashId: z.string().optional() }),
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'model.in_use', 'storage.cannot_move'],
  }),
} as const;

export type ModelFacts = z.output<typeof modelFactsSchema>;
export type ModelView = z.output<typeof modelSchema>;
