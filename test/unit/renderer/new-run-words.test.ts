import { expect, it } from 'vitest';

import { RECIPE_FIELDS } from '../../../electron/shared/domain/recipes/recipe-fields.ts';
import { PRESETS } from '../../../renderer/features/new-run/presets.ts';
import en from '../../../renderer/i18n/en/new-run.json' with { type: 'json' };
import zh from '../../../renderer/i18n/zh-CN/new-run.json' with { type: 'json' };

const textAt = (words: unknown, key: string): unknown =>
  key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], words);

// A setting that is added to the schema and reaches a person without a name, help, or a word for a choice.
it.each([
  ['en', en],
  ['zh-CN', zh],
])('%s has words for every field, choice and preset', (_language, words) => {
  const wanted = [
    ...RECIPE_FIELDS.flatMap(({ path, choices }) => [
      `fields.${path}.label`,
      `fields.${path}.help`,
      ...choices.map((choice) => `choices.${path}.${choice}`),
    ]),
    ...PRESETS.flatMap(({ id }) => [`presets.${id}.name`, `presets.${id}.about`]),
  ];
  expect(wanted.filter((key) => typeof textAt(words, key) !== 'string')).toEqual([]);
});
