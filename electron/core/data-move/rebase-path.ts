/** A path below the old folder, or the folder itself, as it is below the new one; any other text unchanged. */
export function rebasePath(text: string, from: string, to: string): string {
  if (text === from) return to;
  const next = text[from.length];
  return text.startsWith(from) && (next === '/' || next === '\\') ? to + text.slice(from.length) : text;
}

/** The same for every text in a JSON value, however deep. */
export function rebaseJson(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'string') return rebasePath(value, from, to);
  if (Array.isArray(value)) return value.map((one) => rebaseJson(one, from, to));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rebaseJson(one, from, to)]));
}
