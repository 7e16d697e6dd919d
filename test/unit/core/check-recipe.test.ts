import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { checkRecipe, type RecipeIssue } from '../../../electron/shared/domain/recipes/check-recipe.ts';

const issuesOf = (changes: Record<string, unknown>): readonly RecipeIssue[] => {
  const checked = checkRecipe({ model: 'm', dataset: 'd', ...changes });
  return 'issues' in checked ? checked.issues : [];
};

type Refused = Readonly<{ changes: Record<string, unknown>; field: string; nearest: readonly unknown[] }>;
const REFUSED = JSON.parse(
  readFileSync(new URL('../../fixtures/recipes/refused.json', import.meta.url), 'utf8'),
) as readonly Refused[];

const merged = (changes: Record<string, unknown>, values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries({ ...changes, ...values }).map(([key, value]) => [
      key,
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? merged((changes[key] ?? {}) as Record<string, unknown>, value as Record<string, unknown>)
        : value,
    ]),
  );

describe('checkRecipe', () => {
  // Bug caught: a run that is started, queued, and refused by the engine an hour later; or a cure that is none.
  it.each(REFUSED)('refuses $changes at once, with the nearest setting that works', (one) => {
    const { changes, field, nearest } = one;
    const [issue, ...others] = issuesOf(changes);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      field,
      allowed: nearest.map((value) => JSON.stringify(value)).join(' | '),
    });
    for (const value of nearest) {
      const cure = field.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      expect(issuesOf(merged(changes, cure as Record<string, unknown>))).toEqual([]);
    }
  });

  it('fills in every default, so that a run records what it used', () => {
    const checked = checkRecipe({ model: 'm', dataset: 'd' });
    expect('recipe' in checked && checked.recipe).toMatchObject({
      optimizer: { learningRate: 1e-4 },
      lora: { rank: 8, targets: 'all' },
    });
  });

  it('names the field, the reason and the allowed range', () => {
    expect(issuesOf({ lora: { rank: 0 } })).toEqual([
      { field: 'lora.rank', reason: 'range', given: '0', allowed: '1, 2, …, 1024' },
    ]);
    expect(issuesOf({ epochs: 'two' })).toEqual([
      { field: 'epochs', reason: 'type', given: '"two"', allowed: '> 0, ≤ 1000' },
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
