import type { Recipe } from '../../protocol/recipe.ts';
import type { PreflightNote } from '../preflight/preflight-note.ts';
import { accumulationFor } from './global-batch.ts';
import type { PublishedRecipe } from './published-recipes.ts';
import { flatten, nest, type FlatRecipe } from './recipe-draft.ts';

/**
 * Why a published value is changed. `globalBatch`: fewer cards reach the published global batch by accumulation;
 * `fewRows`: so few rows make too few steps of the published batch; `cadence`: the run ends before it would happen;
 * any other: the code of the preflight's problem.
 */
export type RecipeChange = Readonly<{ field: string; from: unknown; to: unknown; reason: string }>;

export type ScaleQuestion = Readonly<{
  recipe: Recipe;
  published: Pick<PublishedRecipe, 'devices'>;
  /** Micro-batch and accumulation as published. */
  publishedBatch: Readonly<{ microBatch: number; gradientAccumulation: number }>;
  /** Fields that the person has set; they stay unless they keep the run from starting. */
  chosen: ReadonlySet<string>;
  devices: number;
  /** The preflight of `recipe` on this machine. */
  preflight: Readonly<{
    stepsPerEpoch: number;
    globalBatch: number;
    problems: readonly Pick<PreflightNote, 'code' | 'fixes'>[];
  }>;
}>;

/** Fewer steps an epoch than this leave a schedule no room. */
const MIN_STEPS_PER_EPOCH = 50;
/** A smaller batch than this makes the loss of a step mostly noise. */
const MIN_GLOBAL_BATCH = 8;
const CADENCE_FIELDS = [
  'checkpoints.everySteps',
  'evaluation.everySteps',
  'evaluation.sampleEverySteps',
] as const;
/** So often an interval that would never come happens instead. */
const TIMES_A_RUN = 4;

/** What a published recipe needs to run here: the smallest changes, each with its reason; none where it fits. */
export function scaleDown(question: ScaleQuestion): readonly RecipeChange[] {
  const values = flatten(question.recipe);
  const batch = batchChanges(question, values);
  const problems = question.preflight.problems.flatMap(({ code, fixes }) =>
    (fixes[0]?.settings ?? []).map(({ field, value }) => change(values, field, value, code)),
  );
  return [...batch, ...cadenceChanges(question, values, batch), ...problems].filter(
    ({ from, to }) => from !== to,
  );
}

/** A recipe after changes. */
export const withChanges = (recipe: Recipe, changes: readonly RecipeChange[]): Recipe =>
  nest({
    ...flatten(recipe),
    ...Object.fromEntries(changes.map(({ field, to }) => [field, to])),
  }) as Recipe;

/** Changes made one after the other as one list from the first value to the last; the later reason stands. */
export function joinChanges(
  earlier: readonly RecipeChange[],
  later: readonly RecipeChange[],
): readonly RecipeChange[] {
  const joined = new Map(earlier.map((one) => [one.field, one]));
  for (const one of later) joined.set(one.field, { ...one, from: joined.get(one.field)?.from ?? one.from });
  return [...joined.values()].filter(({ from, to }) => from !== to);
}

const change = (values: FlatRecipe, field: string, to: unknown, reason: string): RecipeChange => ({
  field,
  from: values[field],
  to,
  reason,
});

function batchChanges(question: ScaleQuestion, values: FlatRecipe): readonly RecipeChange[] {
  const { chosen, devices, published, publishedBatch, preflight, recipe } = question;
  if (chosen.has('batch.microBatch') || chosen.has('batch.gradientAccumulation')) return [];
  const wanted = publishedBatch.microBatch * publishedBatch.gradientAccumulation * published.devices;
  const units = preflight.stepsPerEpoch * preflight.globalBatch;
  const { microBatch } = recipe.batch;
  if (units === 0) return [];
  if (units / wanted >= MIN_STEPS_PER_EPOCH) {
    const kept = accumulationFor(wanted, microBatch, devices);
    return kept === undefined
      ? []
      : [change(values, 'batch.gradientAccumulation', kept, 'globalBatch')].filter(isChange);
  }
  const smaller = 2 ** Math.floor(Math.log2(Math.max(1, units / MIN_STEPS_PER_EPOCH)));
  const target = Math.min(wanted, Math.max(MIN_GLOBAL_BATCH, smaller));
  const micro = Math.max(1, Math.min(microBatch, Math.floor(target / devices)));
  const accumulation = Math.max(1, Math.floor(target / (micro * devices)));
  return [
    change(values, 'batch.microBatch', micro, 'fewRows'),
    change(values, 'batch.gradientAccumulation', accumulation, 'fewRows'),
  ].filter(isChange);
}

const isChange = ({ from, to }: RecipeChange): boolean => from !== to;

function cadenceChanges(
  { recipe, preflight, devices, chosen }: ScaleQuestion,
  values: FlatRecipe,
  batch: readonly RecipeChange[],
): readonly RecipeChange[] {
  const units = preflight.stepsPerEpoch * preflight.globalBatch;
  const after = withChanges(recipe, batch).batch;
  const stepsPerEpoch = Math.ceil(units / (after.microBatch * after.gradientAccumulation * devices));
  const wanted = Math.ceil(stepsPerEpoch * recipe.epochs);
  const steps = recipe.maxSteps === 0 ? wanted : Math.min(wanted, recipe.maxSteps);
  if (steps === 0) return [];
  return CADENCE_FIELDS.filter((field) => Number(values[field]) > steps && !chosen.has(field)).map((field) =>
    change(values, field, Math.max(1, Math.round(steps / TIMES_A_RUN)), 'cadence'),
  );
}
