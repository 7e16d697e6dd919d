import { describe, expect, it } from 'vitest';

import { splitMatches } from '../../../../renderer/features/run/log-marks.ts';
import {
  MOST_LINES,
  newWindow,
  reachesEnd,
  withNext,
  withPrevious,
  type LogPage,
} from '../../../../renderer/features/run/log-window.ts';

/** Lines of ten bytes each, from one number to another, of a log of `total` lines. */
const page = (first: number, last: number, total: number): LogPage => ({
  attempt: 1,
  from: first * 10,
  to: (last + 1) * 10,
  sizeBytes: total * 10,
  lines: Array.from({ length: last - first + 1 }, (_, at) => ({ offset: (first + at) * 10, text: 'x' })),
});

describe('the stretch of a log that is held', () => {
  it('has neither a gap nor a line twice when pages join it at either end', () => {
    const held = withPrevious(
      withNext(newWindow([page(10, 19, 40)], undefined), page(20, 29, 40)),
      page(0, 9, 40),
    );
    expect(held.lines.map((line) => line.offset)).toEqual(Array.from({ length: 30 }, (_, at) => at * 10));
    expect(held).toMatchObject({ from: 0, to: 300, shift: -10 });
  });

  it('takes no page of another place: an answer that comes late would double lines', () => {
    const held = newWindow([page(10, 19, 40)], undefined);
    expect(withNext(held, page(21, 25, 40))).toBe(held);
    expect(withPrevious(held, page(0, 8, 40))).toBe(held);
  });

  it('lets go of the far end when it is full, and goes on from there', () => {
    const total = MOST_LINES * 2;
    const full = newWindow([page(0, MOST_LINES - 1, total)], undefined);
    const later = withNext(full, page(MOST_LINES, MOST_LINES + 99, total));
    expect(later.lines.length).toBe(MOST_LINES);
    expect(later).toMatchObject({ from: 1000, shift: 100 });
    const back = withPrevious(later, page(0, 99, total));
    expect(back).toMatchObject({ from: 0, to: MOST_LINES * 10, shift: 0 });
    expect(reachesEnd(back)).toBe(false);
  });

  it('is another one after a jump, so that the view does not keep its place', () => {
    const held = newWindow([page(10, 19, 40)], undefined);
    expect(newWindow([page(30, 39, 40)], held).epoch).not.toBe(held.epoch);
  });
});

describe('splitMatches', () => {
  it('marks Chinese and any case, and takes signs of patterns as they are', () => {
    const marked = (text: string, search: string): string[] =>
      splitMatches(text, search).flatMap((piece) => (piece.isMatch ? [piece.text] : []));
    expect(marked('合同纠纷：合同', '合同')).toEqual(['合同', '合同']);
    expect(marked('Loss LOSS loss', 'loss').length).toBe(3);
    expect(marked('a.b a+b', 'a.b')).toEqual(['a.b']);
  });

  it('loses no character of the line', () => {
    const text = '第 1 步 loss=0.5';
    expect(
      splitMatches(text, 's')
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
  });
});
