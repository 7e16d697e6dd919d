import { z } from 'zod';
import { RUN_STATES } from '../../domain/run-state.ts';
import { recipeSchema } from '../../protocol/recipe.ts';
import { method } from '../define.ts';
import { CARD_ERRORS } from './gpu.ts';
import { errorSummarySchema, pageInputShape, pageOf, referenceSchema, timeMsSchema } from './common.ts';

/** Rules of the verdict that a run's person is told of wherever they are. */
export const RUN_ATTENTION = [
  'loss_not_finite',
  'loss_diverging',
  'eval_worse',
  'eval_rising',
  'eval_above_best',
] as const;

export const runSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(RUN_STATES),
  origin: z.enum(['studio', 'adopted']),
  modelId: z.string().optional(),
  modelPath: z.string(),
  modelName: z.string(),
  datasetId: z.string().optional(),
  datasetPath: z.string(),
  datasetName: z.string(),
  /** What is trained: an adapter, or the whole model. */
  method: z.enum(['lora', 'full']),
  createdAtMs: timeMsSchema,
  startedAtMs: timeMsSchema.optional(),
  endedAtMs: timeMsSchema.optional(),
  attempts: z.int(),
  jobId: z.string().optional(),
  step: z.int(),
  steps: z.int().optional(),
  epoch: z.number().optional(),
  loss: z.number().optional(),
  lossFirst: z.number().optional(),
  evalLoss: z.number().optional(),
  evalLossFirst: z.number().optional(),
  bestEvalLoss: z.number().optional(),
  bestEvalStep: z.int().optional(),
  tokensPerSecond: z.number().optional(),
  etaMs: z.number().optional(),
  error: errorSummarySchema.optional(),
  tags: z.array(z.string()),
  note: z.string(),
  /** What about its losses needs a person, of a live run or of one that is done. */
  attention: z.enum(RUN_ATTENTION).optional(),
});

export const checkpointSchema = z.object({
  step: z.int(),
  path: z.string(),
  bytes: z.int(),
  manifestSha256: z.string(),
  reason: z.string(),
  evalLoss: z.number().optional(),
  best: z.boolean(),
  createdAtMs: timeMsSchema,
});

export const sampleSchema = z.object({
  step: z.int(),
  prompt: z.string(),
  answer: z.string(),
  finish: z.string(),
  tokens: z.int(),
});

const attemptSchema = z.object({
  number: z.int(),
  jobId: z.string(),
  dir: z.string(),
  startStep: z.int().optional(),
  resumedFromStep: z.int().optional(),
  createdAtMs: timeMsSchema,
});

export const runDetailSchema = runSummarySchema.extend({
  dir: z.string(),
  recipe: recipeSchema,
  plan: z.record(z.string(), z.unknown()).optional(),
  device: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  adapterPath: z.string().optional(),
  /** The finished model of full fine-tuning. */
  tunedModelPath: z.string().optional(),
  attemptList: z.array(attemptSchema),
  checkpoints: z.array(checkpointSchema),
  samples: z.array(sampleSchema),
  metricKeys: z.array(z.string()),
});

const runEventSchema = z.object({
  attempt: z.int(),
  seq: z.int(),
  atMs: timeMsSchema,
  type: z.string(),
  data: z.unknown(),
});

/** What a list of runs can be ordered by. */
export const RUN_SORTS = [
  'createdAtMs',
  'name',
  'state',
  'modelName',
  'datasetName',
  'step',
  'loss',
  'evalLoss',
  'bestEvalLoss',
  'tokensPerSecond',
] as const;

/** Without surrounding spaces and without repetition, in the order given. */
const tagsSchema = z
  .array(z.string().trim().min(1).max(40))
  .max(20)
  .transform((tags) => [...new Set(tags)]);

const checkpointStateSchema = checkpointSchema.extend({
  /** Every file of its manifest is there in its size; only such a checkpoint can be resumed from or merged. */
  whole: z.boolean(),
  /** Why it is not whole. `replaced`: all there, but another attempt's. */
  fault: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.enum(['folder_missing', 'manifest_missing', 'manifest_unreadable', 'replaced']) }),
      z.object({ kind: z.literal('file_missing'), file: z.string() }),
      z.object({
        kind: z.literal('file_size'),
        file: z.string(),
        bytes: z.int(),
        expectedBytes: z.int(),
      }),
    ])
    .optional(),
});

/** A line as a terminal would show it; `offset` is its first byte, `cut` the characters left out at its end. */
const logLineSchema = z.object({ offset: z.int(), text: z.string(), cut: z.int().optional() });

const runInput = z.object({ run: referenceSchema });

export const RUN_METHODS = {
  /** `recipe` is what a person wrote; it is checked here, and every fault names its field. */
  'runs.start': method({
    input: z.object({
      recipe: z.record(z.string(), z.unknown()),
      /** Starts although the preflight says that memory or disk is too small. */
      force: z.boolean().default(false),
      tags: tagsSchema.default([]),
      /** Waits until no other run computes, after those that wait already; there is no job until then. */
      queue: z.boolean().default(false),
    }),
    output: z.object({ runId: z.string(), jobId: z.string().optional() }),
    errors: [
      'core.read_only',
      'core.ambiguous',
      'recipe.invalid',
      'recipe.dataset_not_found',
      'recipe.adapter_not_found',
      'recipe.model_not_found',
      'dataset.not_ready',
      'dataset.unreadable',
      'model.not_ready',
      'preflight.does_not_fit',
      'preflight.cannot_fit',
      'preflight.disk_too_small',
      'gpu.unknown_card',
      'train.too_few_cards',
      ...CARD_ERRORS,
    ],
  }),
  'runs.list': method({
    input: z.object({
      search: z.string().max(200).default(''),
      states: z.array(z.enum(RUN_STATES)).default([]),
      sort: z.enum(RUN_SORTS).default('createdAtMs'),
      descending: z.boolean().default(true),
      ...pageInputShape,
    }),
    output: pageOf(runSummarySchema),
    errors: [],
  }),
  'runs.show': method({
    input: runInput,
    output: runDetailSchema,
    errors: ['core.not_found', 'core.ambiguous'],
  }),
  /**
   * Stop and save: climbs the stop ladder inside one deadline and returns when the runner has ended. A run that
   * waits is taken out of the queue.
   */
  'runs.stop': method({
    input: runInput.extend({ deadlineMs: z.int().min(0).max(3_600_000).default(120_000) }),
    output: runSummarySchema,
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'run.not_live'],
  }),
  'runs.saveNow': method({
    input: runInput,
    output: z.object({ controlId: z.string() }),
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'run.not_live'],
  }),
  'runs.sampleNow': method({
    input: runInput,
    output: z.object({ controlId: z.string() }),
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'run.not_live'],
  }),
  /** A new attempt from the last whole checkpoint, or from the start where there is none. */
  'runs.resume': method({
    input: runInput.extend({ fromStep: z.int().min(1).optional() }),
    output: z.object({ runId: z.string(), jobId: z.string(), attempt: z.int(), fromStep: z.int() }),
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'run.already_live',
      'run.finished',
      'run.no_checkpoint',
      'train.too_few_cards',
      ...CARD_ERRORS,
    ],
  }),
  'runs.export': method({
    input: runInput.extend({
      path: z.string().min(1),
      format: z.enum(['folder', 'zip']).default('folder'),
      overwrite: z.boolean().default(false),
    }),
    output: z.object({ path: z.string(), files: z.array(z.string()), bytes: z.int() }),
    errors: ['core.not_found', 'core.ambiguous', 'run.export_exists', 'run.export_failed'],
  }),
  /** A run as one HTML page without a script: settings, curves, checkpoints, answers, environment. */
  'runs.report': method({
    input: runInput.extend({ language: z.enum(['en', 'zh']) }),
    /** `name` is a file's name that every system takes. */
    output: z.object({ name: z.string(), html: z.string() }),
    errors: ['core.not_found', 'core.ambiguous'],
  }),
  /** Takes a run folder made by `python -m legal_eagle train` on another machine into the history. */
  'runs.adopt': method({
    input: z.object({ path: z.string().min(1), name: z.string().trim().min(1).max(120).optional() }),
    output: runSummarySchema,
    errors: [
      'core.read_only',
      'run.folder_invalid',
      'run.already_known',
      'run.already_live',
      'recipe.invalid',
    ],
  }),
  /** `seen`: the tags that the person was shown; where others stand there by now, nothing is changed. */
  'runs.setTags': method({
    input: runInput.extend({ tags: tagsSchema, seen: z.array(z.string()).optional() }),
    output: runSummarySchema,
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'run.label_changed'],
  }),
  /** `seen` as for `runs.setTags`. */
  'runs.setNote': method({
    input: runInput.extend({ note: z.string().trim().max(10_000), seen: z.string().optional() }),
    output: runSummarySchema,
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'run.label_changed'],
  }),
  /** The checkpoints of a run's present course as the disk holds them, in ascending steps. */
  'runs.checkpoints': method({
    input: runInput,
    output: z.object({ items: z.array(checkpointStateSchema) }),
    errors: ['core.not_found', 'core.ambiguous'],
  }),
  /** Moves a run into the trash. */
  'runs.remove': method({
    input: runInput,
    output: z.object({ runId: z.string(), trashId: z.string().optional() }),
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'run.already_live',
      'run.waits',
      'run.in_use',
      'run.holds_model',
      'storage.cannot_move',
    ],
  }),
  'runs.events': method({
    input: runInput.extend({
      types: z.array(z.string()).default([]),
      after: z.object({ attempt: z.int().min(1), seq: z.int().min(0) }).optional(),
      limit: z.int().min(1).max(5000).default(200),
    }),
    output: z.object({ items: z.array(runEventSchema), more: z.boolean() }),
    errors: ['core.not_found', 'core.ambiguous'],
  }),
  /** Whole lines of an attempt's log from a byte on, or up to a byte; without either, the last `limitBytes`. */
  'runs.log': method({
    input: runInput.extend({
      attempt: z.int().min(1).optional(),
      /** Where a line begins: 0, or `to` of another page. */
      from: z.int().nonnegative().optional(),
      /** Where a line ends: `from` of another page. Not together with `from`. */
      before: z.int().nonnegative().optional(),
      limitBytes: z.int().min(1).max(1_048_576).default(65_536),
    }),
    output: z.object({
      attempt: z.int(),
      from: z.int(),
      to: z.int(),
      sizeBytes: z.int(),
      lines: z.array(logLineSchema),
      /** The beginning of a line that is still being written. */
      open: logLineSchema.optional(),
    }),
    errors: ['core.not_found', 'core.ambiguous', 'run.no_log'],
  }),
  /** The lines of an attempt's log that contain a text, in any case; answered in parts where there are many. */
  'runs.searchLog': method({
    input: runInput.extend({
      attempt: z.int().min(1).optional(),
      search: z.string().min(1).max(200),
      from: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(5000).default(2000),
    }),
    output: z.object({
      attempt: z.int(),
      sizeBytes: z.int(),
      /** First bytes of the lines found, ascending. */
      hits: z.array(z.int()),
      /** Where to look on; lines found from here on are found again. */
      nextOffset: z.int(),
      hasEnded: z.boolean(),
    }),
    errors: ['core.not_found', 'core.ambiguous', 'run.no_log'],
  }),
} as const;

export type RunAttention = (typeof RUN_ATTENTION)[number];
export type RunSummary = z.output<typeof runSummarySchema>;
export type RunDetail = z.output<typeof runDetailSchema>;
export type LogLine = z.output<typeof logLineSchema>;
export type RunSort = (typeof RUN_SORTS)[number];
export type CheckpointState = z.output<typeof checkpointStateSchema>;
export type CheckpointView = z.output<typeof checkpointSchema>;
export type SampleView = z.output<typeof sampleSchema>;
