import { namedCards } from '../../electron/shared/domain/choose-card.ts';
import { RECIPE_FIELDS, type RecipeField } from '../../electron/shared/domain/recipes/recipe-fields.ts';
import { formatNumber } from './format.ts';
import { useWords, type Words } from './use-words.ts';

/** The words of the recipe form, for every screen that names a setting. */
export const useSettingWords = (): Words => useWords('new-run');

/** The field of a dotted name; that of the whole list where the name is one of its members. */
export const fieldOf = (path: string): RecipeField | undefined =>
  RECIPE_FIELDS.find((field) => field.path === path || path.startsWith(`${field.path}.`));

/** A setting's name on the form; undefined for what the form does not ask. */
export function settingLabel(path: string, words: Words): string | undefined {
  const field = fieldOf(path);
  return field === undefined ? undefined : words(`fields.${field.path}.label`);
}

/** A setting's value as the form shows it. */
export function valueText(value: unknown, path: string, words: Words): string {
  if (value === null || value === '' || value === undefined) return words('nothing');
  if (typeof value === 'boolean') return words(value ? 'on' : 'off');
  if (Array.isArray(value)) return value.length === 0 ? words('nothing') : value.join(' / ');
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value) : String(value);
  if (path === 'hardware.gpu' && typeof value === 'string') return cardsText(value, words);
  const field = fieldOf(path);
  if (typeof value === 'string' && field?.choices.includes(value) === true) {
    return words(`choices.${field.path}.${value}`);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** UUIDs tell a person nothing where there are several of them. */
function cardsText(value: string, words: Words): string {
  const named = namedCards(value);
  if (named.length === 0) return words('choices.hardware.device.auto');
  return named.length === 1 ? value : words('cardsNamed', { cards: named.length });
}
