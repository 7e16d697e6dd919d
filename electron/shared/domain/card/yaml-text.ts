/** What front matter is made of; undefined entries are left out. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap;
export type YamlMap = { readonly [key: string]: YamlValue | undefined };

/** Texts that every reader of YAML 1.1 or 1.2 takes for this very text without quotes. */
const PLAIN = /^[A-Za-z][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+-]+)*$/u;
const WORDS_OF_YAML = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/iu;

/** A mapping as block-style YAML, each line ended. */
export function yamlText(map: YamlMap): string {
  return lines(map).join('\n') + '\n';
}

function lines(map: YamlMap): string[] {
  return Object.entries(map).flatMap(([key, value]) =>
    value === undefined ? [] : entry(scalar(key), value),
  );
}

function entry(key: string, value: YamlValue): string[] {
  if (typeof value !== 'object') return [`${key}: ${scalar(value)}`];
  if (isList(value)) {
    if (value.length === 0) return [`${key}: []`];
    return [`${key}:`, ...value.flatMap(item)];
  }
  const inner = lines(value);
  return inner.length === 0 ? [`${key}: {}`] : [`${key}:`, ...inner.map((line) => `  ${line}`)];
}

/** An entry of a list: its first line after a dash, the others below it. */
function item(value: YamlValue): string[] {
  if (typeof value !== 'object') return [`- ${scalar(value)}`];
  const inner = isList(value) ? value.flatMap(item) : lines(value);
  return inner.map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`));
}

const isList = (value: readonly YamlValue[] | YamlMap): value is readonly YamlValue[] => Array.isArray(value);

function scalar(value: string | number | boolean): string {
  // YAML 1.1 takes 1e-8 for a text; with a point it is a number for every reader.
  if (typeof value !== 'string') return String(value).replace(/^(-?\d+)e/u, '$1.0e');
  if (PLAIN.test(value) && !WORDS_OF_YAML.test(value)) return value;
  // A double-quoted text of YAML takes JSON's escapes; what ends a line for YAML must not stand in it.
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
