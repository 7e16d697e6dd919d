import { z } from 'zod';

import { recipeSchema, type FieldAliases, type Recipe } from '../../protocol/recipe.ts';
import { closestName } from './closest-name.ts';
import { settingConflicts } from './setting-conflicts.ts';

/** One fault of a recipe. `allowed` is written in signs and numbers, so that it reads in any language. */
export type RecipeIssue = Readonly<{
  /** Dotted name, as in `lora.rank`. */
  field: string;
  reason: 'unknown' | 'missing' | 'type' | 'range' | 'choice' | 'expression' | 'unsupported' | 'conflict';
  /** The value as JSON text, where there is one. */
  given?: string;
  allowed?: string;
  /** For an unknown field: the field it probably means. */
  suggestion?: string;
  /** For a conflict: the setting that it does not go with, as `hardware.device = "cpu"`. */
  beside?: string;
}>;

export type RecipeCheck =
  Readonly<{ recipe: Recipe }> | Readonly<{ issues: readonly RecipeIssue[]; summary: string }>;

type JsonSchema = Readonly<{
  type?: string;
  properties?: Readonly<Record<string, JsonSchema>>;
  anyOf?: readonly JsonSchema[];
  items?: JsonSchema;
  enum?: readonly unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  aliases?: FieldAliases;
}>;

const SCHEMA = z.toJSONSchema(recipeSchema, { io: 'input' }) as JsonSchema;
/** Longer values are cut in messages: a pasted text says nothing more after its beginning. */
const MOST_GIVEN_CHARACTERS = 60;

/** Checks what a person wrote. Every fault is reported at once, each with its field and what is allowed. */
export function checkRecipe(input: unknown): RecipeCheck {
  const parsed = recipeSchema.safeParse(input);
  const issues = parsed.success
    ? settingConflicts(parsed.data)
    : parsed.error.issues.flatMap((issue) => toIssues(issue, input));
  if (parsed.success && issues.length === 0) return { recipe: parsed.data };
  return { issues, summary: issues.map(sentence).join('; ') };
}

function toIssues(issue: z.core.$ZodIssue, input: unknown): readonly RecipeIssue[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key], input));
  const given = valueAt(input, path);
  const schema = schemaAt(path);
  const allowed = schema === undefined ? '' : describeAllowed(schema);
  return [
    {
      field: path.length === 0 ? 'recipe' : path.join('.'),
      reason: given === undefined ? 'missing' : reasonOf(issue),
      ...(given === undefined ? {} : { given: shortened(given) }),
      ...(allowed === '' ? {} : { allowed }),
    },
  ];
}

function reasonOf(issue: z.core.$ZodIssue): RecipeIssue['reason'] {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') return 'type';
  // The one refinement of the schema is that of `lora.targetPattern`.
  if (issue.code === 'custom') return 'expression';
  return issue.code === 'invalid_value' ? 'choice' : 'range';
}

function unknownField(path: readonly string[], input: unknown): RecipeIssue {
  const field = path.join('.');
  const names = fieldNames(SCHEMA, []);
  const last = path.at(-1) ?? field;
  const byAlias = names.find(({ aliases }) => Object.values(aliases).includes(last))?.field;
  // A right name in the wrong group is more likely than a similar name somewhere else.
  const byPlace = names.find((name) => name.field.split('.').at(-1) === last)?.field;
  const all = names.map((name) => name.field);
  const suggestion = byAlias ?? byPlace ?? closestName(field, all);
  const given = valueAt(input, path);
  return {
    field,
    reason: 'unknown',
    ...(given === undefined ? {} : { given: shortened(given) }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function sentence(issue: RecipeIssue): string {
  const given = issue.given === undefined ? '' : ` = ${issue.given}`;
  if (issue.reason === 'unknown') {
    return `${issue.field}${given} (?${issue.suggestion === undefined ? '' : ` → ${issue.suggestion}`})`;
  }
  const beside = issue.beside === undefined ? '' : ` × ${issue.beside}`;
  return `${issue.field}${given}${beside}${issue.allowed === undefined ? '' : ` (→ ${issue.allowed})`}`;
}

function fieldNames(
  schema: JsonSchema,
  path: readonly string[],
): readonly Readonly<{ field: string; aliases: FieldAliases }>[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    child.properties === undefined
      ? [{ field: [...path, name].join('.'), aliases: child.aliases ?? {} }]
      : fieldNames(child, [...path, name]),
  );
}

function schemaAt(path: readonly string[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = SCHEMA;
  for (const name of path) {
    schema = schema?.properties?.[name] ?? (/^\d+$/u.test(name) ? schema?.items : undefined);
  }
  return schema;
}

function describeAllowed(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeAllowed).join(' | ');
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  switch (schema.type) {
    case 'integer':
      return wholeNumbers(schema);
    case 'number':
      return interval(schema);
    case 'boolean':
      return 'true | false';
    case 'string':
      return schema.maxLength === undefined ? '"…"' : `"…" (≤ ${schema.maxLength})`;
    case 'array':
      return `[${schema.items === undefined ? '' : describeAllowed(schema.items)}, …]`;
    case 'object':
      return `{ ${Object.keys(schema.properties ?? {}).join(', ')} }`;
    case undefined:
    default:
      return schema.type ?? '';
  }
}

/** `1, 2, …, 64`: numbers that are counted, in any language. Every integer of a recipe has a lowest value. */
function wholeNumbers({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  const first = `${minimum}, ${minimum + 1}, …`;
  return maximum === Number.MAX_SAFE_INTEGER ? first : `${first}, ${maximum}`;
}

function interval(schema: JsonSchema): string {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const left = low === undefined ? '' : `${schema.minimum === undefined ? '>' : '≥'} ${low}`;
  const right = high === undefined ? '' : `${schema.maximum === undefined ? '<' : '≤'} ${high}`;
  return [left, right].filter((part) => part !== '').join(', ');
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  let value: unknown = input;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MOST_GIVEN_CHARACTERS ? text : `${text.slice(0, MOST_GIVEN_CHARACTERS)}…`;
}
