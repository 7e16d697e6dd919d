/** Settings by dotted name, as in `lora.rank`. Lists and null are values; groups are not. */
export type FlatRecipe = Readonly<Record<string, unknown>>;

/** A draft is a preset with a person's changes over it; a change equal to the preset is none. */
export type RecipeDraft = Readonly<{ presetId: string; changes: FlatRecipe }>;

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

export function isSameValue(left: unknown, right: unknown): boolean {
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
