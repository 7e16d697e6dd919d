import { expect, test } from 'vitest';

import { ByteSpeed } from '../../../electron/core/byte-speed.ts';

const marked = (marks: readonly (readonly [atMs: number, bytes: number])[]): ByteSpeed => {
  const speed = new ByteSpeed();
  for (const [atMs, bytes] of marks) speed.mark(atMs, bytes);
  return speed;
};

// Catches: a burst of events in one moment that reads as gigabytes a second.
test('says nothing before a second is over', () => {
  expect(marked([]).perSecond).toBeUndefined();
  const early: [number, number][] = [
    [0, 0],
    [999, 5_000_000],
  ];
  expect(marked(early).perSecond).toBeUndefined();
});

// Catches: a fast minute long ago that hides a line that has slowed down.
test('forgets what lies more than eight seconds back', () => {
  const slow: [number, number][] = [
    [0, 0],
    [1000, 900_000],
    [2000, 901_000],
    [9500, 908_500],
  ];
  expect(marked(slow).perSecond).toBe(1000);
});

// Catches: a negative speed where a file is hashed or sent anew.
test('is never negative, and begins anew with what is counted', () => {
  const speed = marked([
    [0, 9000],
    [2000, 3000],
  ]);
  expect(speed.perSecond).toBe(0);
  speed.restart();
  expect(speed.perSecond).toBeUndefined();
});
