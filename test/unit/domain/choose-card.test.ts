import { describe, expect, it } from 'vitest';

import type { GpuCard } from '../../../electron/shared/contract/methods/gpu.ts';
import { cardOf, roomiestCards, visibleCards } from '../../../electron/shared/domain/choose-card.ts';

const GIB = 2 ** 30;
const card = (index: number, usedGib: number | undefined): GpuCard => ({
  index,
  uuid: `GPU-${'abcdef'.charAt(index)}000`,
  name: 'card',
  ...(usedGib === undefined ? {} : { memoryTotalBytes: 24 * GIB, memoryUsedBytes: usedGib * GIB }),
});
const cards = [card(0, 20), card(1, 3), card(2, 3), card(3, undefined)];
const indices = (found: readonly GpuCard[]): readonly number[] => found.map(({ index }) => index);

describe('the automatic card', () => {
  it('is the one with most free memory, of equals the first (card 0 often drives the screen)', () => {
    expect(roomiestCards(cards, new Set())[0]?.index).toBe(1);
    expect(roomiestCards([], new Set())[0]).toBeUndefined();
  });

  it('is another one for the second of two runs started at once (the first has not taken its memory yet)', () => {
    expect(roomiestCards(cards, new Set(['GPU-b000']))[0]?.index).toBe(2);
    expect(roomiestCards(cards.slice(0, 1), new Set(['GPU-a000']))[0]?.index).toBe(0);
  });
});

describe('a card by its name', () => {
  it('is found in either case, and never by a part of it', () => {
    expect(cardOf(cards, 'gpu-B000')?.index).toBe(1);
    expect(cardOf(cards, 'GPU-b')).toBeUndefined();
  });
});

describe('what CUDA_VISIBLE_DEVICES leaves', () => {
  it.each<[string | undefined, readonly number[]]>([
    [undefined, [0, 1, 2, 3]],
    ['2,0', [2, 0]],
    ['GPU-d, 1', [3, 1]],
    // CUDA ignores everything behind the first entry that names no card.
    ['1,9,0', [1]],
    ['', []],
    ['-1', []],
  ])('%j leaves %j', (variable, left) => {
    expect(indices(visibleCards(cards, variable))).toEqual(left);
  });
});
