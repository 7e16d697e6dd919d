import { describe, expect, it } from 'vitest';

import { checkRecipe, type RecipeIssue } from '../../../electron/shared/domain/recipes/check-recipe.ts';

const issuesOf = (changes: Record<string, unknown>): readonly RecipeIssue[] => {
  const checked = checkRecipe({ model: 'm', dataset: 'd', ...changes });
  return 'issues' in checked ? checked.issues : [];
};

describe('checkRecipe', () => {
  it('fills in every default, so that a run records what it used', () => {
    const checked = checkRecipe({ model: 'm', dataset: 'd' });
    expect('recipe' in checked && checked.recipe).toMatchObject({
      optimizer: { learningRate: 1e-4 },
      lora: { rank: 8, targets: 'all' },
    });
  });

  it('names the field, the reason and the allowed range', () => {
    expect(issuesOf({ lora: { rank: 0 } })).toEqual([
      { field: 'lora.rank', reason: 'range', given: '0', allowed: 'integer ≥ 1, ≤ 1024' },
    ]);
    expect(issuesOf({ epochs: 'two' })).toEqual([
      { field: 'epochs', reason: 'type', given: '"two"', allowed: 'number > 0, ≤ 1000' },
    ]);
    expect(issuesOf({ schedule: { kind: 'step' } })).toEqual([
      {
        field: 'schedule.kind',
        reason: 'choice',
        given: '"step"',
        allowed: '"linear" | "cosine" | "constant"',
      },
    ]);
  });

  it('reports every fault at once', () => {
    const fields = issuesOf({ seed: -1, cutoffLength: 1, batch: { microBatch: 0.5 } }).map(
      (one) => one.field,
    );
    expect(fields.sort()).toEqual(['batch.microBatch', 'cutoffLength', 'seed']);
  });

  it('says what is missing', () => {
    const checked = checkRecipe({});
    expect('issues' in checked && checked.issues.map((one) => [one.field, one.reason])).toEqual([
      ['model', 'missing'],
      ['dataset', 'missing'],
    ]);
  });

  // A typing error, the name of another tool, and a right name in the wrong group.
  it.each([
    [{ lora: { rnak: 4 } }, 'lora.rnak', 'lora.rank'],
    [{ lora_rank: 4 }, 'lora_rank', 'lora.rank'],
    [{ per_device_train_batch_size: 4 }, 'per_device_train_batch_size', 'batch.microBatch'],
    [{ learningRate: 1e-5 }, 'learningRate', 'optimizer.learningRate'],
  ])('suggests the field that %j means', (changes, field, suggestion) => {
    expect(issuesOf(changes)).toMatchObject([{ field, reason: 'unknown', suggestion }]);
  });

  it('suggests nothing for a name that is like no other', () => {
    expect(issuesOf({ zzzzqqqq: 1 })[0]).not.toHaveProperty('suggestion');
  });

  it.each([[undefined], [null], [7], ['model: x'], [[]]])('refuses %j as a whole', (input) => {
    const checked = checkRecipe(input);
    expect('issues' in checked && checked.issues.length).toBe(1);
  });

  it('does not take inherited properties for settings', () => {
    const checked = checkRecipe(JSON.parse('{"model":"m","dataset":"d","__proto__":{"epochs":1}}'));
    expect('issues' in checked).toBe(true);
  });
});
