import type { RecipeField } from './recipe-fields.ts';

const plain = (text: string): string => text.toLowerCase().replaceAll(/[\s_.\-/]/gu, '');

/**
 * Fields that a search means: by dotted name, by a name of another tool (`per_device_train_batch_size`), or by
 * the words on the screen. Case, blanks, underscores, dots and hyphens do not matter.
 */
export function findFields(
  fields: readonly RecipeField[],
  search: string,
  wordsOf: (field: RecipeField) => string,
): readonly RecipeField[] {
  const wanted = plain(search);
  if (wanted === '') return fields;
  return fields.filter((field) =>
    [field.path, ...Object.values(field.aliases), wordsOf(field)].some((text) =>
      plain(text).includes(wanted),
    ),
  );
}
