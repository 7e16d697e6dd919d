import { z } from 'zod';

/** Settings by dotted name, as in `lora.rank`. Lists and null are values; groups are not. */
export type FlatRecipe = Readonly<Record<string, unknown>>;

/** A draft is a preset with a person's changes over it; a change equal to the preset is none. */
export type RecipeDraft = Readonly<{ presetId: string; changes: FlatRecipe }>;

/** The preset of the schema's own defaults. */
export const DEFAULT_PRESET_ID = 'defaults';

const EMPTY_DRAFT: RecipeDraft = { presetId: DEFAULT_PRESET_ID, changes: {} };

const draftSchema = z.object({ presetId: z.string(), changes: z.record(z.string(), z.unknown()) });

/** A stored draft of unknown shape; anything else begins anew. */
export const readDraft = (stored: unknown): RecipeDraft => draftSchema.safeParse(stored).data ?? EMPTY_DRAFT;

/** A whole recipe as changes over the defaults, for a form that continues from it (clone a run). */
export const draftOf = (recipe: Readonly<Record<string, unknown>>): RecipeDraft => {
  const { version: _version, stage: _stage, ...changes } = flatten(recipe);
  return { presetId: DEFAULT_PRESET_ID, changes };
};

export function flatten(recipe: Readonly<Record<string, unknown>>, prefix = ''): FlatRecipe {
  return Object.fromEntries(
    Object.entries(recipe).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(flatten(value as Record<string, unknown>, `${prefix}${name}.`))
        : [[`${prefix}${name}`, value]],
    ),
  );
}

/** The inverse of {@link flatten}. */
export function nest(flat: FlatRecipe): Record<string, unknown> {
  const recipe: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const names = path.split('.');
    const last = names.pop() ?? path;
    let group = recipe;
    for (const name of names) {
      const next = (group[name] ?? {}) as Record<string, unknown>;
      group[name] = next;
      group = next;
    }
    group[last] = value;
  }
  return recipe;
}

function isSameValue(left: unknown, right: unknown): boolean {
  return Object.is(left, right) || JSON.stringify(left) === JSON.stringify(right);
}

/** The changes after setting one field; a value equal to the preset's takes the change back. */
export function withChange(
  changes: FlatRecipe,
  preset: FlatRecipe,
  path: string,
  value: unknown,
): FlatRecipe {
  const { [path]: _before, ...others } = changes;
  return isSameValue(value, preset[path]) ? others : { ...others, [path]: value };
}

/** Names of the fields whose value differs from the preset's. */
export function changedFields(changes: FlatRecipe, preset: FlatRecipe): readonly string[] {
  return Object.keys(changes).filter((path) => !isSameValue(changes[path], preset[path]));
}
