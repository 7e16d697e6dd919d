import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { changedPieces } from '../../../../renderer/features/run/answer-changes.ts';
import { boardOf, COLUMNS, columnsOf } from '../../../../renderer/features/run/board.ts';

const sample = (step: number, prompt: string) => ({ step, prompt, answer: '', finish: 'stop', tokens: 1 });

describe('the answer board', () => {
  it('keeps the prompts of the recipe in their order, and the base apart from the steps', () => {
    const board = boardOf([sample(20, 'b'), sample(0, 'a'), sample(20, 'x')], ['b', 'a', 'unasked']);
    expect(board.prompts).toEqual(['b', 'a', 'unasked', 'x']);
    expect([board.hasBase, board.steps]).toEqual([true, [20]]);
    expect(boardOf([sample(20, 'b')], ['b']).hasBase).toBe(false);
  });

  it('shows every step in exactly one stretch or more, the newest first, and ends at the first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (count) => {
        const steps = Array.from({ length: count }, (_, at) => (at + 1) * 10);
        const seen = new Set<number>();
        for (let back = 0; ; back += 1) {
          const { shown, hasEarlier, hasLater } = columnsOf(steps, back);
          expect(shown.length).toBe(Math.min(COLUMNS, count));
          expect(hasLater).toBe(back > 0);
          shown.forEach((step) => seen.add(step));
          if (!hasEarlier) break;
        }
        expect(seen.size).toBe(count);
      }),
    );
  });
});

describe('changedPieces', () => {
  const fresh = (before: string, after: string): string[] | undefined =>
    changedPieces(before, after)?.flatMap((piece) => (piece.isNew ? [piece.text] : []));

  it('marks what is new, Chinese by the character and Latin by the word', () => {
    expect(fresh('合同应当继续履行', '合同不应当继续履行了')).toEqual(['不', '了']);
    expect(fresh('see article 12 now', 'see article 13 now')).toEqual(['13']);
    expect(fresh('同样', '同样')).toEqual([]);
  });

  it('marks nothing where nearly all is new', () => {
    expect(fresh('劳动合同', '民间借贷的利率上限')).toBeUndefined();
  });

  it('loses no character of the answer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, after) => {
        const pieces = changedPieces(before, after);
        if (pieces !== undefined) expect(pieces.map((piece) => piece.text).join('')).toBe(after);
      }),
    );
  });
});
