import { z } from 'zod';
import { TRAINING_VARIANTS } from '../../domain/runtime-variant.ts';
import { method } from '../define.ts';
import { emptySchema, errorSummarySchema, timeMsSchema } from './common.ts';

const sentenceSchema = z.object({ en: z.string(), zh: z.string() });

const variantSchema = z.enum(TRAINING_VARIANTS);

/** What fits this machine and why, or why nothing does. */
const choiceSchema = z.object({
  variant: variantSchema.optional(),
  /** Code of the refusal. */
  code: z.string().optional(),
  reason: sentenceSchema,
});

export const installProgressSchema = z.object({
  phase: z.enum(['python', 'pip', 'torch', 'packages', 'self-test']),
  /** The package that is being fetched. */
  package: z.string().optional(),
  packagesDone: z.int(),
  packagesTotal: z.int(),
  /** Bytes of the current file that have come, and how many it has. */
  fileBytes: z.int(),
  fileTotalBytes: z.int(),
  /** Bytes fetched so far by the whole installation. */
  downloadedBytes: z.int(),
});

/** Where torch came from. `index`: its digest was taken from PyTorch's own index, not from the lock. */
const torchOriginSchema = z.object({
  kind: z.enum(['configured', 'index']),
  sha256: z.string(),
  index: z.string().optional(),
});

const environmentSchema = z.object({
  variant: variantSchema,
  installed: z.boolean(),
  path: z.string(),
  pythonVersion: z.string().optional(),
  torch: torchOriginSchema.optional(),
  createdAtMs: timeMsSchema.optional(),
});

const overviewSchema = z.object({
  /** The variant that jobs run on (`dev` in a checkout's own tests). */
  current: z.string(),
  choice: choiceSchema,
  environments: z.array(environmentSchema),
});

const mirrorSchema = z.object({ id: z.string(), name: z.string(), index: z.string() });

const installInputSchema = z.object({
  variant: z.enum(['auto', ...TRAINING_VARIANTS]).default('auto'),
  /** A mirror's id in `resources/mirrors.json`, or an https address. */
  mirror: z.string().max(500).optional(),
  /** Makes it anew although it stands. */
  repair: z.boolean().default(false),
});

export const RUNTIME_METHODS = {
  'runtime.status': method({
    input: emptySchema,
    output: overviewSchema,
    errors: ['runtime.system_unsupported'],
  }),
  /** Where packages can come from besides the public index; a person may also name an https address. */
  'runtime.mirrors': method({
    input: emptySchema,
    output: z.object({ items: z.array(mirrorSchema) }),
    errors: [],
  }),
  /** Starts an installation and returns at once; the topic `runtime` tells how it goes. */
  'runtime.install': method({
    input: installInputSchema,
    output: z.object({ variant: variantSchema }),
    errors: [
      'runtime.air_gap',
      'runtime.busy',
      'runtime.architecture_unsupported',
      'runtime.card_too_new',
      'runtime.card_too_old',
      'runtime.card_unknown',
      'runtime.driver_too_old',
      'runtime.driver_unknown',
      'runtime.mixed_cards',
      'gpu.driver_failed',
      'gpu.output_unreadable',
      'gpu.probe_timeout',
      'core.read_only',
    ],
  }),
  /** Gives up the installation that is under way; what was half made is removed. The topic then says `idle`. */
  'runtime.cancel': method({ input: emptySchema, output: emptySchema, errors: ['core.read_only'] }),
} as const;

/** `runtime`: the installation that is under way, or the end of the last one. */
export const runtimeTopicSchema = z.object({
  state: z.enum(['idle', 'installing', 'done', 'failed']),
  variant: variantSchema.optional(),
  progress: installProgressSchema.optional(),
  error: errorSummarySchema.optional(),
});

export type Mirror = z.output<typeof mirrorSchema>;
export type InstallInput = z.output<typeof installInputSchema>;
export type InstallProgress = z.output<typeof installProgressSchema>;
export type RuntimeOverview = z.output<typeof overviewSchema>;
export type RuntimeTopicData = z.output<typeof runtimeTopicSchema>;
