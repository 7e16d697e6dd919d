import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { NO_LENGTHS, type CutLengths } from '../../../electron/shared/domain/preflight/token-lengths.ts';
import { forecastTraining } from '../../../electron/shared/domain/preflight/training-plan.ts';
import { checkRecipe } from '../../../electron/shared/domain/recipes/check-recipe.ts';
import { findFields } from '../../../electron/shared/domain/recipes/find-fields.ts';
import { PUBLISHED_RECIPES } from '../../../electron/shared/domain/recipes/published-recipes.ts';
import {
  changedFields,
  flatten,
  nest,
  withChange,
} from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import { RECIPE_FIELDS } from '../../../electron/shared/domain/recipes/recipe-fields.ts';
import { accumulationFor } from '../../../electron/shared/domain/recipes/global-batch.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const recipesDir = path.join(root, 'resources', 'recipes');
const readRecipe = (id: string): Record<string, unknown> =>
  parse(readFileSync(path.join(recipesDir, `${id}.yaml`), 'utf8')) as Record<string, unknown>;
const noWords = (): string => '';
const lengthsOf = (meanTokens: number): CutLengths => ({
  ...NO_LENGTHS,
  meanTokens,
  longestTokens: meanTokens,
});

describe('fields of the recipe form', () => {
  it('has one field for every setting that has more than one possible value', () => {
    const recipe = recipeSchema.parse({ model: 'm', dataset: 'd' });
    const fixed = ['version', 'stage', 'optimizer.name', 'lora.bias'];
    const expected = Object.keys(flatten(recipe)).filter((name) => !fixed.includes(name));
    expect(RECIPE_FIELDS.map((field) => field.path).toSorted()).toEqual(expected.toSorted());
  });

  it('takes bounds and choices from the schema and no bound of the number format', () => {
    const field = (name: string): unknown => RECIPE_FIELDS.find((one) => one.path === name);
    expect(field('optimizer.learningRate')).toMatchObject({
      kind: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1e-4,
    });
    expect(field('checkpoints.everySteps')).toMatchObject({ kind: 'integer', minimum: 0 });
    expect(field('checkpoints.everySteps')).not.toHaveProperty('maximum');
    expect(field('lora.targets')).toMatchObject({
      kind: 'choiceOrTexts',
      choices: ['all', 'attention', 'mlp'],
    });
    expect(field('systemPrompt')).toMatchObject({ kind: 'text', nullable: true, maxLength: 20_000 });
    expect(field('evaluation.samplePrompts')).toMatchObject({ kind: 'texts' });
  });

  it.each([
    ['per_device_train_batch_size', 'batch.microBatch'],
    ['accumulative_counts', 'batch.gradientAccumulation'],
    ['cutoff len', 'cutoffLength'],
    ['LORA-alpha', 'lora.alpha'],
  ])('finds %s', (search, wanted) => {
    expect(findFields(RECIPE_FIELDS, search, noWords).map((field) => field.path)).toContain(wanted);
  });

  it('finds a field by the words of the screen', () => {
    const words = (field: { path: string }): string => (field.path === 'lora.rank' ? 'LoRA 秩' : '');
    expect(findFields(RECIPE_FIELDS, '秩', words).map((field) => field.path)).toEqual(['lora.rank']);
  });
});

describe('drafts', () => {
  it('flattening and nesting lose nothing', () => {
    const recipe = recipeSchema.parse({
      model: 'm',
      dataset: 'd',
      lora: { targets: ['wqkv', 'wo'] },
      evaluation: { samplePrompts: ['甲', '乙'] },
    });
    expect(nest(flatten(recipe))).toEqual(recipe);
  });

  it('a value set back to the preset is no change', () => {
    const preset = { 'lora.rank': 8, 'lora.targets': ['wqkv'] };
    const once = withChange({}, preset, 'lora.rank', 16);
    expect(changedFields(once, preset)).toEqual(['lora.rank']);
    expect(withChange(once, preset, 'lora.rank', 8)).toEqual({});
    expect(withChange({}, preset, 'lora.targets', ['wqkv'])).toEqual({});
  });
});

describe('published recipes', () => {
  it('every file is a recipe that the one schema accepts', () => {
    const files = readdirSync(recipesDir).filter((file) => file.endsWith('.yaml'));
    expect(files).toHaveLength(PUBLISHED_RECIPES.length + 1);
    for (const file of files) {
      expect(checkRecipe(readRecipe(path.parse(file).name)), file).toHaveProperty('recipe');
    }
  });

  it.each(PUBLISHED_RECIPES)('$id has the published steps an epoch', (published) => {
    const recipe = recipeSchema.parse(readRecipe(published.id));
    const { unit, microBatch, gradientAccumulation } = recipe.batch;
    const globalBatch = microBatch * gradientAccumulation * published.devices;
    expect(Math.ceil(published.unitsPerEpoch / globalBatch)).toBe(published.stepsPerEpoch);
    if (unit === 'samples') expect(published.unitsPerEpoch).toBe(published.rows);
  });

  it('reads the 20B batch in packs, not in rows', () => {
    const recipe = recipeSchema.parse(readRecipe('internlm2-chat-20b-law-gpt'));
    // 17.2 million tokens, packed to 99 %.
    const forecast = forecastTraining(recipe, 144_000, lengthsOf(17_200_000 / 144_000));
    expect(forecast).toMatchObject({ globalBatch: 64, stepsPerEpoch: 133, steps: 266 });
  });
});

describe('steps before the start', () => {
  const recipe = recipeSchema.parse({
    model: 'm',
    dataset: 'd',
    epochs: 2,
    batch: { microBatch: 4, gradientAccumulation: 8 },
  });

  it('counts a short last step of every epoch', () => {
    expect(forecastTraining(recipe, 65, lengthsOf(100))).toMatchObject({ stepsPerEpoch: 3, steps: 6 });
    expect(forecastTraining(recipe, 64, lengthsOf(100))).toMatchObject({ stepsPerEpoch: 2, steps: 4 });
  });

  it('a part of an epoch is rounded up, and arithmetic noise is not', () => {
    expect(forecastTraining({ ...recipe, epochs: 0.1 }, 32 * 30, lengthsOf(100)).steps).toBe(3);
    expect(forecastTraining({ ...recipe, epochs: 0.101 }, 32 * 30, lengthsOf(100)).steps).toBe(4);
  });

  it('obeys the most steps, and counts tokens of the steps that are taken', () => {
    expect(forecastTraining(recipe, 3200, lengthsOf(100))).toMatchObject({
      steps: 200,
      trainTokens: 640_000,
    });
    const few = forecastTraining({ ...recipe, maxSteps: 10 }, 3200, lengthsOf(100));
    expect(few).toMatchObject({ steps: 10, trainTokens: 32_000 });
  });

  it('no rows means no steps', () => {
    expect(forecastTraining(recipe, 0, NO_LENGTHS).steps).toBe(0);
  });

  it('one card reaches the global batch of seven only with a whole accumulation', () => {
    expect(accumulationFor(224, 4, 1)).toBe(56);
    expect(accumulationFor(224, 4, 3)).toBeUndefined();
  });
});
