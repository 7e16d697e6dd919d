import { describe, expect, it } from 'vitest';

import { parseStrictJson } from '../../../electron/core/models/strict-json.ts';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text));

describe('parseStrictJson', () => {
  it.each([
    ['{"a": [1, 2.5e3, -0, "x\\"}{,:", {"a": null}], "b": {"a": "\\ud83d\\ude00"}}'],
    ['"text: {not an object}"'],
    ['[]'],
  ])('reads %s as JSON.parse does', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  // Each is read by one of the two languages, or by both in different ways.
  it.each([
    ['a key that stands twice', '{"a": 1, "b": {"c": 1}, "a": 2}'],
    ['a key that stands twice, spelled in two ways', '{"a": 1, "\\u0061": 2}'],
    ['a key that stands twice further in', '[{"x": {"a": 1, "a": 1}}]'],
    ['a number beyond doubles', '{"a": 1e999}'],
    ['half of a surrogate pair', '{"a": "\\ud800"}'],
    ['half of a pair in a key', '{"\\udc00": 1}'],
    ['a byte-order mark', '\uFEFF{}'],
    ['nesting that exhausts a stack', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['NaN', '{"a": NaN}'],
  ])('refuses %s', (_name, text) => {
    expect(() => parse(text)).toThrow();
  });

  it('refuses bytes that are no UTF-8', () => {
    expect(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow();
  });
});
