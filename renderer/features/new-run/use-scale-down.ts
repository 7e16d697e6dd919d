import { useQuery } from '@tanstack/react-query';

import type { PreflightView } from '../../../electron/shared/contract/methods/preflight.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import {
  joinChanges,
  scaleDown,
  withChanges,
  type RecipeChange,
} from '../../../electron/shared/domain/recipes/scale-down.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { studio } from '../../api/studio-client.ts';
import type { PreflightAnswer } from './use-preflight.ts';
import type { RecipeForm } from './use-recipe-form.ts';

export type ScaledDown = Readonly<{
  changes: readonly RecipeChange[];
  /** The preflight of the recipe with all of them. */
  after: PreflightView;
}>;

/** A change may bring the next problem to light (a precision that is refused hides its memory); never more often. */
const MOST_ROUNDS = 4;

/** What a published recipe would have to change to run here; nothing is changed by asking. */
export function useScaleDown(
  form: RecipeForm,
  answer: PreflightAnswer,
  devices: number,
): ScaledDown | undefined {
  const { preset, recipe } = form;
  const { preflight, isChecking } = answer;
  const { published } = preset;
  const chosen = form.changed;
  const query = useQuery<ScaledDown, StudioError>({
    queryKey: ['preflight', 'scaleDown', preset.id, recipe, [...chosen], devices],
    queryFn: async () => {
      if (published === undefined || recipe === undefined || preflight === undefined) {
        throw new Error('only a published recipe that was checked is scaled down');
      }
      const publishedBatch = {
        microBatch: Number(preset.values['batch.microBatch']),
        gradientAccumulation: Number(preset.values['batch.gradientAccumulation']),
      };
      const question = { published, publishedBatch, chosen, devices };
      let now: Readonly<{ recipe: Recipe; changes: readonly RecipeChange[]; after: PreflightView }> = {
        recipe,
        changes: [],
        after: preflight,
      };
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const found = scaleDown({ ...question, recipe: now.recipe, preflight: now.after });
        if (found.length === 0) break;
        const next = withChanges(now.recipe, found);
        now = {
          recipe: next,
          changes: joinChanges(now.changes, found),
          after: await studio.client.call('preflight.estimate', { recipe: next }),
        };
      }
      return { changes: now.changes, after: now.after };
    },
    enabled: published !== undefined && recipe !== undefined && preflight !== undefined && !isChecking,
    retry: false,
  });
  return published === undefined || recipe === undefined || isChecking ? undefined : query.data;
}
