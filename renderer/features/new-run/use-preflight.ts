import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';

import { STUDIO_CONTRACT, type StudioContract } from '../../../electron/shared/contract/index.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { studio } from '../../api/studio-client.ts';

const finding = z.object({ code: z.string(), params: z.record(z.string(), z.unknown()).default({}) });

const deviceMemory = z.object({
  device: z.string(),
  name: z.string().default(''),
  weightsBytes: z.number(),
  adapterBytes: z.number(),
  gradientBytes: z.number().default(0),
  optimizerBytes: z.number(),
  activationBytes: z.number(),
  temporaryBytes: z.number().default(0),
  runtimeBytes: z.number().default(0),
  /** Negative where the run does not fit. */
  headroomBytes: z.number(),
  capacityBytes: z.number(),
});

const preflightSchema = z.object({
  steps: z.number().optional(),
  tokens: z.number().optional(),
  memory: z.array(deviceMemory),
  diskBytes: z.number().optional(),
  fits: z.boolean(),
  problems: z.array(finding).default([]),
  warnings: z.array(finding).default([]),
});

export type Preflight = z.output<typeof preflightSchema>;
export type DeviceMemory = z.output<typeof deviceMemory>;

const METHOD = 'preflight.estimate' as keyof StudioContract;
const IS_OFFERED = Object.hasOwn(STUDIO_CONTRACT, METHOD);
/** Long enough that typing a number asks once. */
const PAUSE_MS = 400;

export type PreflightAnswer = Readonly<{
  isOffered: boolean;
  preflight: Preflight | undefined;
  isChecking: boolean;
  error: StudioError | undefined;
}>;

/** What the core predicts for a recipe: memory on each device, disk, and what stands in the way. */
export function usePreflight(recipe: Recipe | undefined): PreflightAnswer {
  const [settled] = useDebouncedValue(recipe, PAUSE_MS);
  const query = useQuery<Preflight, StudioError>({
    queryKey: ['preflight', METHOD, settled],
    queryFn: async () => {
      await studio.ready();
      const answer: unknown = await studio.client.call(METHOD, { recipe: settled } as never);
      return preflightSchema.parse(answer);
    },
    enabled: IS_OFFERED && settled !== undefined,
    retry: false,
    placeholderData: (before) => before,
  });
  return {
    isOffered: IS_OFFERED,
    preflight: recipe === undefined ? undefined : query.data,
    isChecking: IS_OFFERED && recipe !== undefined && (query.isFetching || settled !== recipe),
    error: recipe === undefined ? undefined : (query.error ?? undefined),
  };
}
