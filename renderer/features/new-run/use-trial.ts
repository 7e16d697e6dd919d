import { useEffect } from 'react';

import { useQueryClient } from '@tanstack/react-query';
import { z } from 'zod';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { trialRecipe } from '../../../electron/shared/domain/recipes/trial-recipe.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { settingsDifference } from '../../../electron/shared/domain/settings-difference.ts';
import { recipeSchema, type Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { useAction, useCall, useTopic } from '../../api/hooks.ts';
import { studio } from '../../api/studio-client.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useDraft } from '../../state/drafts.ts';
import type { PreflightAnswer } from './use-preflight.ts';

const trialSchema = z.object({
  runId: z.string(),
  /** The recipe that the form held, without what makes it a trial. */
  recipe: recipeSchema,
  predictedPeakBytes: z.number().optional(),
});

/** Rows whose questions are asked where the recipe asks none. */
const ASKED_ROWS = 2;
const MOST_PROMPT_CHARACTERS = 20_000;

export type Trial = Readonly<{
  /** The trial run of this draft, as the history has it. */
  run: RunDetail | undefined;
  predictedPeakBytes: number | undefined;
  /** The highest of its steps; undefined before it has ended. */
  measuredPeakBytes: number | undefined;
  /** Settings that the form has changed since. */
  changedSince: readonly string[];
  isStarting: boolean;
  error: StudioError | undefined;
  start: (force: boolean) => void;
  forget: () => void;
}>;

/** A few steps of the recipe as a run of its own. The draft stays as it is. */
export function useTrial(recipe: Recipe | undefined, answer: PreflightAnswer): Trial {
  const words = useWords('new-run');
  const queries = useQueryClient();
  const draft = useDraft('new-run.trial');
  const stored = trialSchema.safeParse(draft.value).data;
  const action = useAction('runs.start');
  const shown = useCall('runs.show', stored === undefined ? undefined : { run: stored.runId });
  const run = shown.data?.id === stored?.runId ? shown.data : undefined;
  const hasEnded = run !== undefined && !isLive(run.state);
  useTopic(stored === undefined || hasEnded ? undefined : `run.${stored.runId}`, () => {
    void queries.invalidateQueries({ queryKey: ['runs', 'runs.show'] });
  });
  // Its speed is what the preflight reckons with from now on.
  useEffect(() => {
    if (hasEnded) void queries.invalidateQueries({ queryKey: ['preflight'] });
  }, [hasEnded, queries]);
  const peaks = useCall(
    'metrics.query',
    hasEnded ? { run: run.id, keys: ['peakBytes'], maxPoints: 100 } : undefined,
  );
  const points = peaks.data?.series[0]?.points ?? [];
  const start = async (force: boolean): Promise<void> => {
    if (recipe === undefined || action.isPending) return;
    const prompts =
      recipe.evaluation.samplePrompts.length > 0 ? [] : await questionsOf(recipe.dataset).catch(() => []);
    const tried = trialRecipe(recipe, {
      runSteps: answer.preflight?.steps ?? 1,
      nameSuffix: words('trial.nameSuffix'),
      prompts,
    });
    const predictedPeakBytes = answer.preflight?.memory[0]?.peakBytes;
    action.mutate(
      { recipe: tried, force, tags: [words('trial.tag')] },
      { onSuccess: ({ runId }) => draft.save({ runId, recipe, predictedPeakBytes }) },
    );
  };
  return {
    // A trial that was removed from the history says nothing any more.
    run: shown.error === null ? run : undefined,
    predictedPeakBytes: stored?.predictedPeakBytes,
    measuredPeakBytes: points.length === 0 ? undefined : Math.max(...points.map((point) => point.value)),
    changedSince:
      stored === undefined || recipe === undefined
        ? []
        : settingsDifference([stored.recipe, recipe]).map(({ path }) => path),
    isStarting: action.isPending,
    error: action.error ?? undefined,
    start: (force) => void start(force),
    forget: draft.discard,
  };
}

/** Questions of rows that are not trained on, or of the first that are. */
async function questionsOf(dataset: string): Promise<readonly string[]> {
  for (const split of ['eval', 'train'] as const) {
    const { items } = await studio.client.call('datasets.rows', { dataset, split, limit: ASKED_ROWS });
    const asked = items
      .map((row) => row.messages.find((message) => message.role === 'user')?.content.trim() ?? '')
      .filter((text) => text !== '' && text.length <= MOST_PROMPT_CHARACTERS);
    if (asked.length > 0) return asked;
  }
  return [];
}
