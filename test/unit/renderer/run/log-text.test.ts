import fc from 'fast-check';
import { expect, it } from 'vitest';

import { joinLog, splitMatches } from '../../../../renderer/features/run/log-text.ts';

it('pages join before and behind; a page that does not touch replaces what is held', () => {
  const held = { offset: 10, nextOffset: 20, text: 'b' };
  expect(joinLog(held, { offset: 20, nextOffset: 30, text: 'c' })).toEqual({
    offset: 10,
    nextOffset: 30,
    text: 'bc',
  });
  expect(joinLog(held, { offset: 0, nextOffset: 10, text: 'a' })).toEqual({
    offset: 0,
    nextOffset: 20,
    text: 'ab',
  });
  expect(joinLog(held, { offset: 50, nextOffset: 60, text: 'x' }).text).toBe('x');
  expect(joinLog(held, { offset: 20, nextOffset: 20, text: '' })).toEqual(held);
});

it('splitting loses no character, and takes signs of patterns literally', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ maxLength: 3 }), (text, search) => {
      const { pieces } = splitMatches(text, search, 5);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      expect(pieces.filter((piece) => piece.isMatch).length).toBeLessThanOrEqual(5);
    }),
  );
  expect(splitMatches('a.b 步骤 A.B', 'a.b', 9).count).toBe(2);
  expect(splitMatches('axb', 'a.b', 9).count).toBe(0);
});
