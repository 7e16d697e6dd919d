import type { RecipeIssue } from '../../../electron/shared/domain/recipes/check-recipe.ts';
import type { RecipeField } from '../../../electron/shared/domain/recipes/recipe-fields.ts';
import { formatNumber } from '../../i18n/format.ts';
import { fieldOf, valueText } from '../../i18n/setting-words.ts';
import type { Words } from '../../i18n/use-words.ts';

/** What is wrong, and what would be right. */
export function issueText(issue: RecipeIssue, words: Words): string {
  const { given = '', suggestion = '', beside = '' } = issue;
  const field = fieldOf(issue.field);
  if (issue.reason === 'unsupported' || issue.reason === 'conflict') {
    // Both sides are values of the form: said in its words.
    return words(`issues.${issue.reason}`, {
      given: namedValue(issue.field, given, words),
      allowed: (issue.allowed ?? '')
        .split(' | ')
        .map((value) => namedValue(issue.field, value, words))
        .join(' / '),
      beside: besideText(beside, words),
    });
  }
  const allowed = field === undefined ? (issue.allowed ?? '') : allowedText(field, words);
  return words(`issues.${issue.reason}`, { given: bareText(given), allowed, suggestion });
}

/** What was typed, without the signs of its JSON text; a long text ends in … and is shown as it is cut. */
function bareText(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : json;
  } catch {
    return json.replace(/^"/u, '');
  }
}

/** A value that an issue holds as JSON text. */
const namedValue = (path: string, json: string, words: Words): string =>
  json === '' ? '' : valueText(JSON.parse(json), path, words);

/** `hardware.device = "cpu"` in the words of the form. */
function besideText(beside: string, words: Words): string {
  const [path = '', json = ''] = beside.split(' = ');
  const field = fieldOf(path);
  return field === undefined ? beside : `${words(`fields.${path}.label`)}: ${namedValue(path, json, words)}`;
}

/** The values a field takes: `integer ≥ 1, ≤ 4,096` in the language of the screen. */
function allowedText(field: RecipeField, words: Words): string {
  switch (field.kind) {
    case 'integer':
    case 'number': {
      const bounds = [
        bound('≥', field.minimum),
        bound('>', field.exclusiveMinimum),
        bound('≤', field.maximum),
        bound('<', field.exclusiveMaximum),
      ].filter((one) => one !== undefined);
      const kind = words(`allowed.${field.kind}`);
      return bounds.length === 0
        ? kind
        : words('allowed.within', { kind, bounds: bounds.join(words('allowed.and')) });
    }
    case 'boolean':
      return `${words('on')} / ${words('off')}`;
    case 'choice':
    case 'choiceOrTexts': {
      const choices = field.choices.map((choice) => words(`choices.${field.path}.${choice}`)).join(' / ');
      return field.kind === 'choice' ? choices : words('allowed.orNames', { choices });
    }
    case 'texts':
      return words('allowed.texts');
    case 'text':
      return field.maxLength === undefined
        ? words('allowed.text')
        : words('allowed.textUpTo', { characters: formatNumber(field.maxLength) });
  }
}

const bound = (sign: string, value: number | undefined): string | undefined =>
  value === undefined
    ? undefined
    : `${sign} ${Number.isInteger(value) ? formatNumber(value) : String(value)}`;
