import { parse } from 'yaml';

import {
  PUBLISHED_RECIPES,
  type PublishedRecipe,
} from '../../../electron/shared/domain/recipes/published-recipes.ts';
import {
  DEFAULT_PRESET_ID,
  flatten,
  type FlatRecipe,
} from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import { RECIPE_FIELDS } from '../../../electron/shared/domain/recipes/recipe-fields.ts';

export type Preset = Readonly<{
  id: string;
  /** Every field of the form; `model` and `dataset` are the names that the recipe was written for. */
  values: FlatRecipe;
  published: PublishedRecipe | undefined;
}>;

const files = import.meta.glob<string>('../../../resources/recipes/*.yaml', {
  eager: true,
  query: '?raw',
  import: 'default',
});

const DEFAULTS: FlatRecipe = Object.fromEntries(
  RECIPE_FIELDS.map((field) => [field.path, field.default ?? (field.nullable ? null : '')]),
);
const FIELD_PATHS = new Set(RECIPE_FIELDS.map((field) => field.path));

const fromFile = ([file, text]: readonly [string, string]): Preset => {
  const id = /([^/]+)\.yaml$/u.exec(file)?.[1] ?? file;
  const settings = Object.entries(flatten(parse(text) as Record<string, unknown>));
  return {
    id,
    values: { ...DEFAULTS, ...Object.fromEntries(settings.filter(([path]) => FIELD_PATHS.has(path))) },
    published: PUBLISHED_RECIPES.find((one) => one.id === id),
  };
};

/** Order on the screen: our defaults, the published ones in their order, then the rest. */
const rank = ({ published, id }: Preset): number => {
  if (id === DEFAULT_PRESET_ID) return -1;
  return published === undefined ? PUBLISHED_RECIPES.length : PUBLISHED_RECIPES.indexOf(published);
};

export const PRESETS: readonly Preset[] = [
  { id: DEFAULT_PRESET_ID, values: DEFAULTS, published: undefined },
  ...Object.entries(files).map(fromFile),
].toSorted((left, right) => rank(left) - rank(right));

export function presetById(id: string): Preset {
  const found = PRESETS.find((preset) => preset.id === id) ?? PRESETS[0];
  if (found === undefined) throw new Error('the schema defaults are always a preset');
  return found;
}
