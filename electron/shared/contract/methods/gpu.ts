import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, errorSummarySchema, timeMsSchema } from './common.ts';

/** One NVIDIA card. A value that the driver does not tell is left out, never guessed. */
export const gpuCardSchema = z.object({
  /** Number of the card as `nvidia-smi` counts, in the order of the PCI bus. */
  index: z.int().nonnegative(),
  uuid: z.string(),
  name: z.string(),
  /** `8.9` */
  computeCapability: z.string().optional(),
  memoryTotalBytes: z.int().nonnegative().optional(),
  memoryUsedBytes: z.int().nonnegative().optional(),
  /** 0–1 */
  utilisation: z.number().optional(),
  temperatureCelsius: z.number().optional(),
  powerWatts: z.number().optional(),
  powerLimitWatts: z.number().optional(),
  pciBusId: z.string().optional(),
  /** Whether a screen hangs on it: then the desktop takes a share of its memory. */
  displayActive: z.boolean().optional(),
  /** Whether the card is cut into instances (MIG). */
  mig: z.boolean().optional(),
});

/** `none`: no NVIDIA driver on this machine. `failed`: there is one, and it does not answer; `error` says how. */
export const gpuReportSchema = z.object({
  state: z.enum(['ok', 'none', 'failed']),
  driverVersion: z.string().optional(),
  cards: z.array(gpuCardSchema),
  error: errorSummarySchema.optional(),
});

/** Why the cards cannot be told, where one is asked for by name. */
export const CARD_ERRORS = ['gpu.driver_failed', 'gpu.output_unreadable', 'gpu.probe_timeout'] as const;

/** A card at one moment. */
const gpuSampleSchema = z.object({
  atMs: timeMsSchema,
  memoryBytes: z.int().nonnegative().optional(),
  /** 0–1 */
  utilisation: z.number().optional(),
  temperatureCelsius: z.number().optional(),
  powerWatts: z.number().optional(),
});

/** A process that holds memory of a card. */
export const gpuProcessSchema = z.object({
  gpuUuid: z.string(),
  pid: z.int().nonnegative(),
  /** Path or name of the program, as the driver tells it. */
  name: z.string(),
  /** Left out where the driver keeps it to itself (Windows, containers). */
  memoryBytes: z.int().nonnegative().optional(),
});

export const GPU_METHODS = {
  'gpu.list': method({ input: emptySchema, output: gpuReportSchema, errors: [] }),
  /** The cards now and over the last minutes. Samples exist for the time in which anybody looked or a run lived. */
  'gpu.telemetry': method({
    input: emptySchema,
    output: z.object({
      report: gpuReportSchema,
      atMs: timeMsSchema,
      /** How far back the samples go at most. */
      windowMs: z.int(),
      history: z.array(z.object({ uuid: z.string(), samples: z.array(gpuSampleSchema) })),
      /** Undefined: the driver does not say who holds the memory. */
      processes: z
        .array(gpuProcessSchema.extend({ run: z.object({ id: z.string(), name: z.string() }).optional() }))
        .optional(),
    }),
    errors: [],
  }),
} as const;

export type GpuCard = z.output<typeof gpuCardSchema>;
export type GpuProcess = z.output<typeof gpuProcessSchema>;
export type GpuSample = z.output<typeof gpuSampleSchema>;
export type GpuTelemetry = z.output<(typeof GPU_METHODS)['gpu.telemetry']['output']>;
export type GpuReport = z.output<typeof gpuReportSchema>;
