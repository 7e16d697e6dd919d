import { describe, expect, it } from 'vitest';

import {
  joinChanges,
  scaleDown,
  withChanges,
  type ScaleQuestion,
} from '../../../electron/shared/domain/recipes/scale-down.ts';
import { TRIAL_STEPS, trialRecipe } from '../../../electron/shared/domain/recipes/trial-recipe.ts';
import { recipeSchema, type Recipe } from '../../../electron/shared/protocol/recipe.ts';

const recipe: Recipe = recipeSchema.parse({
  name: 'law',
  model: 'm',
  dataset: 'd',
  batch: { microBatch: 4, gradientAccumulation: 8 },
  checkpoints: { everySteps: 400 },
  evaluation: { everySteps: 50 },
  hardware: { precision: 'fp16' },
});

/** The 7B recipe of seven cards on one card; a step takes 32 rows as long as nothing is changed. */
const question = (rows: number, more: Partial<ScaleQuestion> = {}): ScaleQuestion => ({
  recipe,
  published: { devices: 7 },
  publishedBatch: { microBatch: 4, gradientAccumulation: 8 },
  chosen: new Set(),
  devices: 1,
  preflight: { stepsPerEpoch: Math.ceil(rows / 32), globalBatch: 32, problems: [] },
  ...more,
});

describe('a published recipe on a smaller rig', () => {
  it('keeps its global batch by accumulation, and nothing else moves', () => {
    expect(scaleDown(question(295_000))).toEqual([
      { field: 'batch.gradientAccumulation', from: 8, to: 56, reason: 'globalBatch' },
    ]);
    const kept = { ...recipe, batch: { ...recipe.batch, gradientAccumulation: 56 } };
    const preflight = { stepsPerEpoch: 1317, globalBatch: 224, problems: [] };
    expect(scaleDown(question(295_000, { recipe: kept, preflight }))).toEqual([]);
  });

  it('takes a smaller batch where few rows would make next to no steps, and intervals that come', () => {
    const changes = scaleDown(question(1600));
    const after = withChanges(recipe, changes);
    expect(after.batch).toMatchObject({ microBatch: 4, gradientAccumulation: 8 });
    expect(scaleDown(question(320)).map(({ field, to, reason }) => [field, to, reason])).toEqual([
      ['batch.gradientAccumulation', 2, 'fewRows'],
      ['checkpoints.everySteps', 20, 'cadence'],
    ]);
  });

  it('leaves what the person chose', () => {
    const chosen = new Set(['batch.gradientAccumulation', 'checkpoints.everySteps', 'evaluation.everySteps']);
    expect(scaleDown(question(320, { chosen }))).toEqual([]);
  });

  it('takes the first fix of every problem, with the problem as its reason', () => {
    const fixes = [
      { settings: [{ field: 'hardware.precision', value: 'auto' }] },
      { settings: [{ field: 'hardware.precision', value: 'fp32' }] },
    ];
    const problems = [{ code: 'train.precision_unsupported', fixes }];
    const { preflight } = question(295_000);
    expect(scaleDown(question(295_000, { preflight: { ...preflight, problems } }))).toContainEqual({
      field: 'hardware.precision',
      from: 'fp16',
      to: 'auto',
      reason: 'train.precision_unsupported',
    });
  });

  it('shows a field changed twice once, from the published value to the last', () => {
    const joined = joinChanges(
      [{ field: 'hardware.precision', from: 'fp16', to: 'auto', reason: 'a' }],
      [{ field: 'hardware.precision', from: 'auto', to: 'bf16', reason: 'b' }],
    );
    expect(joined).toEqual([{ field: 'hardware.precision', from: 'fp16', to: 'bf16', reason: 'b' }]);
    const back = [{ field: 'hardware.precision', from: 'bf16', to: 'fp16', reason: 'c' }];
    expect(joinChanges(joined, back)).toEqual([]);
  });
});

describe('a trial run', () => {
  const options = { runSteps: 5000, nameSuffix: ' · trial run', prompts: ['甲', '乙'] };

  it('is the same recipe for fewer steps', () => {
    const trial = trialRecipe(recipe, options);
    expect(recipeSchema.parse(trial)).toEqual(trial);
    expect(trial).toMatchObject({ maxSteps: TRIAL_STEPS, name: 'law · trial run', batch: recipe.batch });
    expect(trial.evaluation.samplePrompts).toEqual(['甲', '乙']);
    expect(trialRecipe(recipe, { ...options, runSteps: 7 }).maxSteps).toBe(7);
  });

  it('asks the own questions, and a long name stays a name', () => {
    const asking = { ...recipe, evaluation: { ...recipe.evaluation, samplePrompts: ['丙'] } };
    expect(trialRecipe(asking, options).evaluation.samplePrompts).toEqual(['丙']);
    const long = trialRecipe({ ...recipe, name: '名'.repeat(120) }, options);
    expect(recipeSchema.safeParse(long).success).toBe(true);
    expect(long.name.endsWith(' · trial run')).toBe(true);
  });
});
