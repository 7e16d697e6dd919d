import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  OutputCredit,
  PAUSE_ABOVE_CHARACTERS,
  RESUME_BELOW_CHARACTERS,
} from '../../../electron/core/terminal/output-credit.ts';
import { wholeLength } from '../../../electron/core/terminal/whole-sequences.ts';

describe('the credit of a terminal', () => {
  it('stops above 100,000 characters that nobody has shown, and goes on below 5,000', () => {
    expect([PAUSE_ABOVE_CHARACTERS, RESUME_BELOW_CHARACTERS]).toEqual([100_000, 5000]);
    const credit = new OutputCredit();
    credit.produced(100_000);
    expect(credit.paused).toBe(false);
    credit.produced(1);
    expect(credit.paused).toBe(true);
    credit.shown(95_001);
    expect(credit.paused).toBe(true);
    credit.shown(95_002);
    expect(credit.paused).toBe(false);
  });

  // A page that claims the future, or repeats the past, must not undo the waiting of the next page.
  it('counts no place that was never written, and none twice', () => {
    const credit = new OutputCredit();
    credit.shown(1_000_000_000);
    credit.produced(100_001);
    expect(credit.paused).toBe(true);
    credit.shown(50_000);
    credit.shown(50_000);
    expect(credit.paused).toBe(true);
  });
});

describe('where output may be cut', () => {
  it.each([
    ['text', 4],
    ['a\u001B', 1],
    ['a\u001B[', 1],
    ['a\u001B[1;2', 1],
    ['a\u001B[1;2m', 7],
    ['a\u001B]0;title', 1],
    ['a\u001B]0;title\u001B', 1],
    ['a\u001B]0;title\u0007', 11],
    ['a\u001B]0;title\u001B\\', 12],
    ['a\u001BP$q', 1],
    ['a\u001B(', 1],
    ['a\u001B(B', 4],
    ['a\uD83D', 1],
    ['a\uD83D\uDE00', 3],
  ])('%j: after %i', (text, length) => {
    expect(wholeLength(text)).toBe(length);
  });

  it('an endless sequence is not held for ever', () => {
    expect(wholeLength(`\u001B]0;${'x'.repeat(10_000)}`)).toBe(10_004);
  });

  // Whatever comes in whatever pieces: nothing is lost, and what is held can be drawn on its own.
  it('loses nothing of any text in any pieces', () => {
    const piece = fc.string({
      unit: fc.constantFrom('a', '\u001B', '[', ']', ';', '1', 'm', '\u0007', '\\', '中'),
    });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        let held = '';
        let passed = '';
        for (const one of pieces) {
          held += one;
          const length = wholeLength(held);
          passed += held.slice(0, length);
          held = held.slice(length);
          // What is held begins a sequence, which a parser takes up from any state.
          expect(held).toMatch(/^(?:$|\u001B)/u);
        }
        expect(passed + held).toBe(pieces.join(''));
      }),
    );
  });
});
