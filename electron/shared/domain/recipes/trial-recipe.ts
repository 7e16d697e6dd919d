import type { Recipe } from '../../protocol/recipe.ts';

/** Enough steps for a steady speed, the highest peak and a first fall of the loss. */
export const TRIAL_STEPS = 100;
const MOST_PROMPTS = 4;
const MOST_NAME_CHARACTERS = 120;

/**
 * The same recipe on the same model and data for a few steps. The learning rate warms up and decays within them;
 * evaluation, sample answers and the one checkpoint come at the end.
 */
export function trialRecipe(
  recipe: Recipe,
  options: Readonly<{
    /** Steps of the whole run, which a trial never exceeds. */
    runSteps: number;
    nameSuffix: string;
    /** Questions to answer where the recipe has none. */
    prompts: readonly string[];
  }>,
): Recipe {
  const { nameSuffix, runSteps } = options;
  const own = recipe.evaluation.samplePrompts;
  const samplePrompts = (own.length > 0 ? own : options.prompts).slice(0, MOST_PROMPTS);
  const name = `${recipe.name.slice(0, MOST_NAME_CHARACTERS - nameSuffix.length)}${nameSuffix}`;
  return {
    ...recipe,
    name,
    maxSteps: Math.max(1, Math.min(TRIAL_STEPS, runSteps)),
    evaluation: { ...recipe.evaluation, everySteps: 0, sampleEverySteps: 0, samplePrompts },
    checkpoints: { everySteps: 0, keepLast: 1, keepBest: false },
  };
}
