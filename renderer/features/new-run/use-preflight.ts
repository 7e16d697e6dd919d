import { useDebouncedValue } from '@mantine/hooks';

import type { PreflightView } from '../../../electron/shared/contract/methods/preflight.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { useCall } from '../../api/hooks.ts';

/** Long enough that typing a number asks once. */
const PAUSE_MS = 400;

export type PreflightAnswer = Readonly<{
  /** Of the settings before, while those of now are being checked. */
  preflight: PreflightView | undefined;
  isChecking: boolean;
  error: StudioError | undefined;
  checkAgain: () => void;
}>;

/** What the core predicts for a recipe: steps, memory on each device, disk, time, and what stands in the way. */
export function usePreflight(recipe: Recipe | undefined): PreflightAnswer {
  const [settled] = useDebouncedValue(recipe, PAUSE_MS);
  const query = useCall('preflight.estimate', settled === undefined ? undefined : { recipe: settled }, {
    keepPrevious: true,
  });
  const { refetch } = query;
  return {
    preflight: recipe === undefined ? undefined : query.data,
    isChecking: recipe !== undefined && (query.isFetching || settled !== recipe),
    error: recipe === undefined ? undefined : (query.error ?? undefined),
    checkAgain: () => void refetch(),
  };
}
