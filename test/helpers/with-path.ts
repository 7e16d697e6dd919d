/** `{ a: { b: value } }` for `a.b`. */
export const withPath = (field: string, value: unknown): Record<string, unknown> =>
  field
    .split('.')
    .reverse()
    .reduce<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
