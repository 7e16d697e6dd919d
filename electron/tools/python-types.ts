/** The part of JSON Schema that zod writes for the protocol. */
export type JsonSchema = Readonly<{
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  description?: string;
  additionalProperties?: boolean | JsonSchema;
}>;

const SCALARS: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  null: 'None',
  object: 'dict[str, Any]',
  array: 'list[Any]',
};

const pascal = (text: string): string =>
  text.replaceAll(/(^|[^A-Za-z0-9])([a-zA-Z0-9])/g, (_match, _gap, letter: string) => letter.toUpperCase());

/** The value of a union member's tag (`kind`, `type`, `op`), which names its class. */
const tagOf = (schema: JsonSchema): string | undefined => {
  for (const key of ['kind', 'type', 'op']) {
    const tag = schema.properties?.[key]?.const;
    if (typeof tag === 'string') return tag;
  }
  return undefined;
};

/** Line length that ruff format allows; longer unions and enums are broken as it breaks them. */
const MAX_LINE_CHARS = 110;

const fieldLine = (key: string, type: string): string => {
  const line = `    ${key}: ${type}`;
  const inner = /^Literal\[(.*)\]$/u.exec(type)?.[1];
  if (line.length <= MAX_LINE_CHARS || inner === undefined) return line;
  return `    ${key}: Literal[\n${inner
    .split(', ')
    .map((value) => `        ${value},\n`)
    .join('')}    ]`;
};

const aliasLine = (name: string, type: string): string => {
  const line = `${name}: TypeAlias = ${type}`;
  if (line.length <= MAX_LINE_CHARS) return line;
  return `${name}: TypeAlias = (\n    ${type.split(' | ').join('\n    | ')}\n)`;
};

const TYPING_NAMES = ['Any', 'Literal', 'TypeAlias', 'TypedDict'] as const;

class PythonTypeWriter {
  readonly #definitions: string[] = [];
  /** Class by the properties it was made from: one shape has one name. */
  readonly #classes = new Map<string, string>();

  typeOf(schema: JsonSchema, name: string): string {
    if (schema.const !== undefined) return `Literal[${JSON.stringify(schema.const)}]`;
    if (schema.enum !== undefined) {
      return `Literal[${schema.enum.map((value) => JSON.stringify(value)).join(', ')}]`;
    }
    const members = schema.anyOf ?? schema.oneOf;
    if (members !== undefined) {
      const types = members.map((member, index) =>
        this.typeOf(member, `${name}${pascal(tagOf(member) ?? (members.length > 2 ? String(index) : ''))}`),
      );
      return [...new Set(types)].join(' | ');
    }
    if (schema.type === 'array') return `list[${this.typeOf(schema.items ?? {}, `${name}Item`)}]`;
    if (schema.properties !== undefined) return this.#typedDict(schema.properties, name);
    return SCALARS[schema.type ?? ''] ?? 'Any';
  }

  #typedDict(properties: Readonly<Record<string, JsonSchema>>, name: string): string {
    const shape = JSON.stringify(properties);
    const known = this.#classes.get(shape);
    if (known !== undefined) return known;
    this.#classes.set(shape, name);
    const fields = Object.entries(properties).map(([key, schema]) =>
      fieldLine(key, this.typeOf(schema, `${name}${pascal(key)}`)),
    );
    this.#definitions.push(
      `class ${name}(TypedDict):\n${fields.length === 0 ? '    pass' : fields.join('\n')}`,
    );
    return name;
  }

  alias(name: string, type: string): void {
    if (type !== name) this.#definitions.push(aliasLine(name, type));
  }

  text(): string {
    return this.#definitions.join('\n\n\n');
  }
}

/** Python source with one TypedDict (or union of them) per schema; values are as after `protocol.parse`. */
export const pythonTypes = (schemas: Readonly<Record<string, JsonSchema>>): string => {
  const writer = new PythonTypeWriter();
  for (const [name, schema] of Object.entries(schemas)) writer.alias(name, writer.typeOf(schema, name));
  const text = writer.text();
  const used = TYPING_NAMES.filter((name) => new RegExp(`\\b${name}\\b`, 'u').test(text));
  return [
    '"""Shapes of everything that crosses between TypeScript and Python. Generated: npm run generate."""',
    '',
    `from typing import ${used.join(', ')}`,
    '',
    '',
    text,
    '',
  ].join('\n');
};
