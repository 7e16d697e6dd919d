import { useState } from 'react';

import type { FlatRecipe } from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import { isSame } from '../../../electron/shared/domain/settings-difference.ts';
import type { RecipeForm } from './use-recipe-form.ts';

export type AppliedChange = Readonly<{
  /** What a button changed last, each field with its value before; undefined once a person went on from there. */
  applied: readonly Readonly<{ field: string; from: unknown; to: unknown }>[] | undefined;
  apply: (settings: FlatRecipe) => void;
  undo: () => void;
}>;

/** Changes that a button makes in the form, and the way back. */
export function useAppliedChange(form: RecipeForm): AppliedChange {
  const [last, setLast] = useState<Readonly<{ before: FlatRecipe; after: FlatRecipe }>>();
  const stands =
    last !== undefined && Object.entries(last.after).every(([field, to]) => isSame(form.values[field], to));
  return {
    applied: stands
      ? Object.entries(last.after).map(([field, to]) => ({ field, from: last.before[field], to }))
      : undefined,
    apply: (settings) => {
      const before = Object.keys(settings).map((field) => [field, form.values[field]] as const);
      setLast({ before: Object.fromEntries(before), after: settings });
      form.setMany(settings);
    },
    undo: () => {
      if (last !== undefined) form.setMany(last.before);
      setLast(undefined);
    },
  };
}
