import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, errorSummarySchema } from './common.ts';

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

export const GPU_METHODS = {
  'gpu.list': method({ input: emptySchema, output: gpuReportSchema, errors: [] }),
} as const;

export type GpuCard = z.output<typeof gpuCardSchema>;
export type GpuReport = z.output<typeof gpuReportSchema>;
