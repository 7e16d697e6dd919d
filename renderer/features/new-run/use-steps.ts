import {
  statisticsFor,
  tokenFactsOf,
  type TokenStatistics,
} from '../../../electron/shared/domain/recipes/token-facts.ts';
import { estimateSteps, type StepEstimate } from '../../../electron/shared/domain/recipes/step-estimate.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { useCall } from '../../api/hooks.ts';

export type Steps = Readonly<{
  estimate: StepEstimate | undefined;
  statistics: TokenStatistics | undefined;
  trainRows: number | undefined;
}>;

/** What a recipe means for the chosen dataset, from its counts and its token statistics. */
export function useSteps(recipe: Recipe | undefined, devices: number): Steps {
  const dataset = useCall('datasets.show', recipe === undefined ? undefined : { dataset: recipe.dataset });
  const trainRows = dataset.data?.counts?.train;
  if (recipe === undefined || trainRows === undefined) {
    return { estimate: undefined, statistics: undefined, trainRows };
  }
  const statistics = statisticsFor(dataset.data?.statistics ?? [], recipe.cutoffLength);
  const known = { trainRows, ...(statistics === undefined ? {} : { tokens: tokenFactsOf(statistics) }) };
  return { estimate: estimateSteps(recipe, known, devices), statistics, trainRows };
}
