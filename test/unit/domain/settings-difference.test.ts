import { expect, it } from 'vitest';

import { settingRows, settingsDifference } from '../../../electron/shared/domain/settings-difference.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';

const base = recipeSchema.parse({ model: 'm', dataset: 'd', name: 'a' });

it('shows only settings that differ, by path, in the order of the recipes, without the name', () => {
  const other = { ...base, name: 'b', lora: { ...base.lora, rank: 64, targets: ['wqkv'] } };
  expect(settingsDifference([base, other, base])).toEqual([
    { path: 'lora.rank', values: [8, 64, 8] },
    { path: 'lora.targets', values: ['all', ['wqkv'], 'all'] },
  ]);
});

it('finds nothing between equal recipes, and tells lists apart by their contents', () => {
  expect(settingsDifference([base, structuredClone(base)])).toEqual([]);
  const prompts = (list: string[]): object => ({ evaluation: { samplePrompts: list } });
  expect(settingsDifference([prompts(['a']), prompts(['a'])])).toEqual([]);
  expect(settingsDifference([prompts(['a', 'b']), prompts(['b', 'a'])]).length).toBe(1);
});

it('keeps a setting that only one of them has', () => {
  expect(settingRows([{ a: 1 }, { b: null }])).toEqual([
    { path: 'a', values: [1, undefined] },
    { path: 'b', values: [undefined, null] },
  ]);
});
