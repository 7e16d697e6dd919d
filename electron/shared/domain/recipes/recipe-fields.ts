import { z } from 'zod';

import { recipeSchema, type FieldAliases, type Recipe } from '../../protocol/recipe.ts';

export const FIELD_GROUPS = ['model', 'data', 'method', 'schedule', 'hardware'] as const;
export type FieldGroup = (typeof FIELD_GROUPS)[number];

/** How a field is entered. `choiceOrTexts`: one of the choices, or a list of texts of one's own. */
type FieldKind = 'integer' | 'number' | 'boolean' | 'choice' | 'text' | 'texts' | 'choiceOrTexts';

/** One input of the recipe form, as the schema describes it. Bounds are inclusive unless said otherwise. */
export type RecipeField = Readonly<{
  /** Dotted name, as in `lora.rank`. */
  path: string;
  group: FieldGroup;
  level: 'simple' | 'advanced';
  kind: FieldKind;
  description: string;
  aliases: FieldAliases;
  required: boolean;
  nullable: boolean;
  default?: unknown;
  choices: readonly string[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  maxLength?: number;
}>;

/** A new member of the recipe must be given its place here before this compiles. */
const GROUP_OF = {
  version: 'model',
  name: 'model',
  stage: 'method',
  method: 'method',
  model: 'model',
  dataset: 'data',
  template: 'model',
  systemPrompt: 'data',
  thinking: 'data',
  cutoffLength: 'data',
  epochs: 'schedule',
  maxSteps: 'schedule',
  seed: 'schedule',
  batch: 'schedule',
  optimizer: 'method',
  schedule: 'schedule',
  lora: 'method',
  evaluation: 'schedule',
  checkpoints: 'schedule',
  hardware: 'hardware',
} as const satisfies Record<keyof Recipe, FieldGroup>;

/** What a first run needs; everything else opens with the advanced settings. */
const SIMPLE: ReadonlySet<string> = new Set([
  'name',
  'model',
  'dataset',
  'method',
  'cutoffLength',
  'epochs',
  'batch.microBatch',
  'batch.gradientAccumulation',
  'optimizer.learningRate',
  'lora.rank',
  'lora.alpha',
  'evaluation.samplePrompts',
  'hardware.device',
  'hardware.gpu',
]);

type JsonSchema = Readonly<{
  type?: string;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  anyOf?: readonly JsonSchema[];
  items?: JsonSchema;
  enum?: readonly string[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  maxLength?: number;
  description?: string;
  aliases?: FieldAliases;
}>;

/** zod writes these bounds for every integer; they are the number format's, not the field's. */
const isFormatBound = (bound: number): boolean => Math.abs(bound) === Number.MAX_SAFE_INTEGER;

/** Every field that a person may set, in the schema's order. Fields with one possible value are left out. */
export const RECIPE_FIELDS: readonly RecipeField[] = fieldsOf(
  z.toJSONSchema(recipeSchema, { io: 'input' }) as JsonSchema,
  [],
);

function fieldsOf(schema: JsonSchema, path: readonly string[]): readonly RecipeField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const here = [...path, name];
    if (child.properties !== undefined) return fieldsOf(child, here);
    if (child.const !== undefined) return [];
    return [toField(child, here, schema.required?.includes(name) ?? false)];
  });
}

function toField(schema: JsonSchema, path: readonly string[], required: boolean): RecipeField {
  const name = path.join('.');
  const alternatives = schema.anyOf?.filter((one) => one.type !== 'null') ?? [];
  const value = alternatives.length === 1 ? { ...schema, ...alternatives[0] } : schema;
  const bounds = (['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'maxLength'] as const)
    .map((bound) => [bound, value[bound]] as const)
    .filter(([, at]) => at !== undefined && !isFormatBound(at));
  return {
    path: name,
    group: GROUP_OF[path[0] as keyof Recipe],
    level: SIMPLE.has(name) ? 'simple' : 'advanced',
    kind: kindOf(value, alternatives),
    description: schema.description ?? '',
    aliases: schema.aliases ?? {},
    required,
    nullable: schema.anyOf?.some((one) => one.type === 'null') ?? false,
    choices: value.enum ?? alternatives.flatMap((one) => one.enum ?? []),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...Object.fromEntries(bounds),
  };
}

function kindOf(schema: JsonSchema, alternatives: readonly JsonSchema[]): FieldKind {
  if (alternatives.length > 1) return 'choiceOrTexts';
  if (schema.enum !== undefined) return 'choice';
  switch (schema.type) {
    case 'integer':
    case 'number':
    case 'boolean':
      return schema.type;
    case 'array':
      return 'texts';
    case undefined:
    default:
      return 'text';
  }
}
