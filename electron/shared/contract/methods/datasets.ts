import { z } from 'zod';
import { mappingSchema } from '../../protocol/mapping.ts';
import { thinkingModeSchema } from '../../protocol/recipe.ts';
import { method } from '../define.ts';
import { errorSummarySchema, pageInputShape, pageOf, referenceSchema, timeMsSchema } from './common.ts';

/** One equation: `rows` = `train` + `eval` + `excluded`; `unreadable` places of a source gave no row at all. */
const datasetCountsSchema = z.object({
  rows: z.int(),
  train: z.int(),
  eval: z.int(),
  excluded: z.int(),
  unreadable: z.int(),
});

export const datasetSchema = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  state: z.enum(['importing', 'ready', 'failed']),
  jobId: z.string().optional(),
  createdAtMs: timeMsSchema,
  counts: datasetCountsSchema.optional(),
  contentHash: z.string().optional(),
  error: errorSummarySchema.optional(),
});

const datasetSourceSchema = z.object({
  id: z.int(),
  file: z.string(),
  path: z.string(),
  bytes: z.int(),
  container: z.string(),
  encoding: z.string(),
  layouts: z.record(z.string(), z.int()),
  records: z.int(),
});

const datasetRowSchema = z.object({
  id: z.int(),
  split: z.enum(['train', 'eval', 'excluded']),
  file: z.string(),
  line: z.int().optional(),
  layout: z.string(),
  excludedReason: z.string().optional(),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  extra: z.record(z.string(), z.unknown()),
  /** The record as it stood in the source; only of excluded rows. */
  raw: z.string().optional(),
});

const datasetProblemSchema = z.object({
  file: z.string(),
  record: z.int().optional(),
  line: z.int().optional(),
  code: z.string(),
  level: z.enum(['error', 'warning']),
  key: z.string().optional(),
  detail: z.string().optional(),
});

const problemExampleSchema = z.object({
  file: z.string(),
  line: z.int().nullable(),
  record: z.int().nullable(),
  code: z.string(),
  level: z.enum(['error', 'warning']),
  key: z.string().nullable(),
  detail: z.string().nullable(),
});

/** Rows that are excluded for one reason; the counts of all reasons add up to the excluded rows. */
const reasonCountSchema = z.object({ code: z.string(), count: z.int() });

/** What an inspection found. `columns` and `layouts` count records; `problems` are the first ones, errors first. */
export const datasetInspectionSchema = z.object({
  rows: z.int(),
  usable: z.int(),
  train: z.int(),
  eval: z.int(),
  excluded: z.int(),
  unreadable: z.int(),
  errors: z.int(),
  warnings: z.int(),
  problems: z.array(problemExampleSchema),
  problemCounts: z.record(z.string(), z.int()),
  excludedReasons: z.array(reasonCountSchema),
  layouts: z.record(z.string(), z.int()),
  mappings: z.record(z.string(), z.record(z.string(), z.unknown())),
  columns: z.record(z.string(), z.int()),
  sourceCount: z.int(),
  sources: z.array(
    z.object({
      file: z.string(),
      bytes: z.int(),
      container: z.string(),
      encoding: z.string(),
      records: z.int(),
      usable: z.int(),
    }),
  ),
  samples: z.array(
    z.object({
      file: z.string(),
      line: z.int().nullable(),
      layout: z.string(),
      messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
      extra: z.array(z.string()),
    }),
  ),
});

export const DATASET_METHODS = {
  'datasets.import': method({
    input: z.object({
      sources: z.array(z.string().min(1)).min(1).max(1000),
      mapping: mappingSchema.optional(),
      evalFraction: z.number().min(0).lt(1).default(0.05),
      seed: z.int().min(0).default(42),
      accept: z.enum(['none', 'usable']).default('none'),
      name: z.string().trim().min(1).max(120).optional(),
    }),
    output: z.object({ datasetId: z.string(), jobId: z.string() }),
    errors: ['core.read_only', 'dataset.source_missing'],
  }),
  /**
   * Reads everything and writes nothing: the job's `result` holds the counts, problems, layouts, mappings and
   * rows as they would be stored ({@link datasetInspectionSchema}).
   */
  'datasets.inspect': method({
    input: z.object({
      sources: z.array(z.string().min(1)).min(1).max(1000),
      mapping: mappingSchema.optional(),
      evalFraction: z.number().min(0).lt(1).default(0.05),
      seed: z.int().min(0).default(42),
    }),
    output: z.object({ jobId: z.string() }),
    errors: ['core.read_only', 'dataset.source_missing'],
  }),
  'datasets.list': method({
    input: z.object({ search: z.string().max(200).default(''), ...pageInputShape }),
    output: pageOf(datasetSchema),
    errors: [],
  }),
  'datasets.show': method({
    input: z.object({ dataset: referenceSchema }),
    output: datasetSchema.extend({
      sources: z.array(datasetSourceSchema),
      problemCounts: z.array(
        z.object({ code: z.string(), level: z.enum(['error', 'warning']), count: z.int() }),
      ),
      excludedReasons: z.array(reasonCountSchema),
      statistics: z.array(
        z.object({ key: z.string(), createdAtMs: timeMsSchema, value: z.record(z.string(), z.unknown()) }),
      ),
    }),
    errors: ['core.not_found', 'core.ambiguous', 'dataset.unreadable'],
  }),
  'datasets.rows': method({
    input: z.object({
      dataset: referenceSchema,
      split: z.enum(['all', 'train', 'eval', 'excluded']).default('all'),
      search: z.string().max(200).default(''),
      ...pageInputShape,
    }),
    output: pageOf(datasetRowSchema),
    errors: ['core.not_found', 'core.ambiguous', 'dataset.not_ready', 'dataset.unreadable'],
  }),
  'datasets.problems': method({
    input: z.object({ dataset: referenceSchema, code: z.string().max(120).optional(), ...pageInputShape }),
    output: pageOf(datasetProblemSchema),
    errors: ['core.not_found', 'core.ambiguous', 'dataset.unreadable'],
  }),
  /** Moves a dataset into the trash; a running import is stopped first. */
  'datasets.remove': method({
    input: z.object({ dataset: referenceSchema }),
    output: z.object({ datasetId: z.string(), trashId: z.string().optional() }),
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'dataset.in_use', 'storage.cannot_move'],
  }),
  /** Counts tokens with a model's own tokenizer and template. */
  'datasets.statistics': method({
    input: z.object({
      dataset: referenceSchema,
      model: referenceSchema,
      template: z.string().min(1).default('auto'),
      thinking: thinkingModeSchema.default('none'),
      systemPrompt: z.string().max(20_000).nullable().default(null),
      cutoffLength: z.int().min(16).default(2048),
    }),
    output: z.object({ jobId: z.string() }),
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'dataset.not_ready', 'model.not_ready'],
  }),
} as const;

export type DatasetInspection = z.output<typeof datasetInspectionSchema>;
export type DatasetView = z.output<typeof datasetSchema>;
export type DatasetSourceView = z.output<typeof datasetSourceSchema>;
export type DatasetRowView = z.output<typeof datasetRowSchema>;
export type DatasetProblemView = z.output<typeof datasetProblemSchema>;
