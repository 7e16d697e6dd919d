import { z } from 'zod';
import { method } from '../define.ts';
import { timeMsSchema } from './common.ts';
import { CARD_ERRORS } from './gpu.ts';

const bytesSchema = z.int().nonnegative();

/** Parts of a device's memory at the peak; they and the headroom make up the capacity. */
export const deviceMemorySchema = z.object({
  /** `cpu`, `cuda:0` … */
  device: z.string(),
  name: z.string(),
  precision: z.enum(['fp32', 'bf16', 'fp16']),
  weightsBytes: bytesSchema,
  adapterBytes: bytesSchema,
  gradientBytes: bytesSchema,
  optimizerBytes: bytesSchema,
  activationBytes: bytesSchema,
  temporaryBytes: bytesSchema,
  /** What the process needs before the first tensor. */
  runtimeBytes: bytesSchema,
  /** Of `layers`, those whose activations are computed again instead of kept. */
  recomputedLayers: z.int().nonnegative(),
  layers: z.int().nonnegative(),
  peakBytes: bytesSchema,
  /** Negative where the run does not fit. */
  headroomBytes: z.int(),
  capacityBytes: bytesSchema,
  /** What nobody else holds now. */
  availableBytes: bytesSchema,
  /** `measured`: the engine's real peaks hold this prediction; `projected`: only its arithmetic does. */
  basis: z.enum(['measured', 'projected']),
});

const fixSchema = z.object({
  /** Settings by dotted name that together mend it. */
  settings: z.array(z.object({ field: z.string(), value: z.union([z.number(), z.string(), z.boolean()]) })),
  /** The peak with these settings, where memory is what they are about. */
  peakBytes: bytesSchema.optional(),
});

const noteSchema = z.object({
  code: z.string(),
  params: z.record(z.string(), z.unknown()),
  /** What would mend it, the change that costs least first; each alone is enough. */
  fixes: z.array(fixSchema),
});

/** What a run of the same model reached on this machine. */
const throughputSchema = z.object({
  runId: z.string(),
  runName: z.string(),
  tokensPerSecond: z.number().positive(),
  /** Steps that it was measured over. */
  steps: z.int(),
  createdAtMs: timeMsSchema,
});

/** Wrong recipes and references fail as `runs.start` does; what would go wrong later is a problem of the report. */
const preflightErrors = [
  'core.ambiguous',
  'recipe.invalid',
  'recipe.dataset_not_found',
  'recipe.model_not_found',
  'dataset.not_ready',
  'dataset.unreadable',
  'model.not_ready',
  'gpu.unknown_card',
  'train.too_few_cards',
  ...CARD_ERRORS,
] as const;

export const PREFLIGHT_METHODS = {
  /** What a run of this recipe will do and need on this machine, before it starts. Changes nothing. */
  'preflight.estimate': method({
    input: z.object({ recipe: z.record(z.string(), z.unknown()) }),
    output: z.object({
      trainRows: z.int(),
      evalRows: z.int(),
      steps: z.int(),
      stepsPerEpoch: z.int(),
      /** Samples or packs of an optimizer step. */
      globalBatch: z.int(),
      tokensPerEpoch: z.int(),
      trainTokens: z.int(),
      /** `characters`: nobody has counted this dataset's tokens yet. */
      tokenSource: z.enum(['statistics', 'characters', 'none']),
      /** Share of rows longer than the cutoff, 0–1. */
      truncatedShare: z.number(),
      /** Share of rows of which the cutoff leaves no answer, 0–1; they teach nothing. */
      lostShare: z.number(),
      /** The newest run of this model on this device that was long enough to tell; absent before a first one. */
      throughput: throughputSchema.optional(),
      /** Training tokens at that speed; evaluations, samples and checkpoints come on top. */
      durationMs: z.number().optional(),
      memory: z.array(deviceMemorySchema),
      /** What the run writes, checkpoints included, at the moment it holds most. */
      diskBytes: bytesSchema,
      freeDiskBytes: bytesSchema,
      /** Whether memory and disk are enough; `runs.start` refuses a run that is not, unless forced. */
      fits: z.boolean(),
      /** Whether a refused run may be started all the same: only the predicted peak stands against it. */
      forceable: z.boolean(),
      problems: z.array(noteSchema),
      warnings: z.array(noteSchema),
    }),
    errors: preflightErrors,
  }),
} as const;

export type PreflightView = z.output<(typeof PREFLIGHT_METHODS)['preflight.estimate']['output']>;
export type PreflightNoteView = z.output<typeof noteSchema>;
export type PreflightFixView = z.output<typeof fixSchema>;
export type DeviceMemoryView = z.output<typeof deviceMemorySchema>;
