/** Real files have a handful; deeper ones exist to exhaust a reader's stack. */
const MAX_DEPTH = 64;
/** With the `u` flag a pair is one code point, so only half of one matches. */
const HALF_PAIR = /[\uD800-\uDFFF]/u;
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|-?[0-9][0-9.eE+-]*/gsu;

/**
 * The value that UTF-8 `data` spells, under rules by which two readers can never understand different things:
 * refused beside what is not JSON are a key that stands twice in an object, numbers that no double holds, half of a
 * surrogate pair, a byte-order mark, and nesting deeper than any real file. Throws. The same rules as
 * `legal_eagle.models.strict_json`.
 */
export function parseStrictJson(data: Uint8Array): unknown {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  const value: unknown = JSON.parse(text);
  checkTokens(text);
  return value;
}

/** As `parseStrictJson`; throws for anything but an object. */
export function parseStrictObject(data: Uint8Array): Readonly<Record<string, unknown>> {
  const value = parseStrictJson(data);
  if (!isObject(value)) throw new Error('not an object');
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What JSON.parse does not say of a text that it takes. */
function checkTokens(text: string): void {
  // Of each open object the keys so far; undefined for an array.
  const open: (Set<string> | undefined)[] = [];
  let last: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined);
      if (open.length > MAX_DEPTH) throw new Error(`nested deeper than ${String(MAX_DEPTH)}`);
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ':') {
      const keys = open.at(-1);
      if (keys === undefined || last === undefined) throw new Error('a key outside an object');
      if (keys.has(last)) throw new Error(`the key ${last} stands twice`);
      keys.add(last);
    } else if (token.startsWith('"')) {
      last = String(JSON.parse(token));
      if (HALF_PAIR.test(last)) throw new Error('half of a surrogate pair');
    } else if (token !== ',' && !Number.isFinite(Number(token))) {
      throw new Error(`${token.slice(0, 40)} is no number that a double holds`);
    }
  }
}
