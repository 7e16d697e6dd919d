import { useMemo } from 'react';

import type { RecipeIssue } from '../../../electron/shared/domain/recipes/check-recipe.ts';
import { checkRecipe } from '../../../electron/shared/domain/recipes/check-recipe.ts';
import {
  changedFields,
  nest,
  readDraft,
  withChange,
  type FlatRecipe,
} from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { useDraft } from '../../state/drafts.ts';
import { presetById, type Preset } from './presets.ts';
import type { Library } from './use-library.ts';

const DRAFT_NAME = 'new-run';

export type RecipeForm = Readonly<{
  preset: Preset;
  /** What the fields show. A number that cannot be read stays the text that was typed. */
  values: FlatRecipe;
  /** What the preset has in each field, on this rig. */
  presetValues: FlatRecipe;
  changed: ReadonlySet<string>;
  issues: readonly RecipeIssue[];
  /** The recipe as it is sent; undefined while it has issues. */
  recipe: Recipe | undefined;
  set: (path: string, value: unknown) => void;
  setMany: (changes: FlatRecipe) => void;
  reset: (path: string) => void;
  resetAll: () => void;
  choosePreset: (id: string) => void;
  discard: () => void;
}>;

/** The person's own choices; they stay when another preset is chosen or everything is reset. */
const OWN_FIELDS = ['model', 'dataset'] as const;

export function useRecipeForm(library: Library): RecipeForm {
  const stored = useDraft(DRAFT_NAME);
  const draft = useMemo(() => readDraft(stored.value), [stored.value]);
  const preset = presetById(draft.presetId);
  const presetValues = useMemo(() => onThisRig(preset.values, library), [preset, library]);
  const values = useMemo(() => ({ ...presetValues, ...draft.changes }), [presetValues, draft.changes]);
  const check = useMemo(() => checkRecipe(toInput(values)), [values]);
  const changed = useMemo(
    () => new Set(changedFields(draft.changes, presetValues)),
    [draft.changes, presetValues],
  );
  const save = (changes: FlatRecipe): void => stored.save({ presetId: draft.presetId, changes });
  const setMany = (next: FlatRecipe): void =>
    save(
      Object.entries(next).reduce<FlatRecipe>(
        (changes, [path, value]) => withChange(changes, presetValues, path, value),
        draft.changes,
      ),
    );
  return {
    preset,
    values,
    presetValues,
    changed,
    issues: 'issues' in check ? check.issues : [],
    recipe: 'recipe' in check ? check.recipe : undefined,
    set: (path, value) => setMany({ [path]: value }),
    setMany,
    reset: (path) => save(Object.fromEntries(Object.entries(draft.changes).filter(([one]) => one !== path))),
    resetAll: () => save(ownChoices(draft.changes)),
    choosePreset: (id) => stored.save({ presetId: id, changes: draft.changes }),
    discard: stored.discard,
  };
}

function ownChoices(changes: FlatRecipe): FlatRecipe {
  return Object.fromEntries(
    Object.entries(changes).filter(([path]) => (OWN_FIELDS as readonly string[]).includes(path)),
  );
}

/** A preset names a model and data that this rig may not have; such a field is then empty, not wrong. */
function onThisRig(values: FlatRecipe, { models, datasets }: Library): FlatRecipe {
  const known = (items: Library['models'], name: unknown): string =>
    items.find((item) => item.name === name)?.id ?? '';
  return { ...values, model: known(models, values['model']), dataset: known(datasets, values['dataset']) };
}

/** A field that is empty is missing, and not a text of no length. */
function toInput(values: FlatRecipe): Record<string, unknown> {
  return nest(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '')));
}
