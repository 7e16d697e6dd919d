import { describe, expect, it } from 'vitest';

import {
  ELECTRON_RELEASES,
  electronSupport,
  endOfSupport,
  type ElectronRelease,
} from '../../../electron/tools/electron-support.ts';

const RELEASES: readonly ElectronRelease[] = [
  { major: 40, published: '2026-01-16' },
  { major: 41, published: '2026-03-11' },
  { major: 42, published: '2026-05-06' },
  { major: 43, published: '2026-07-01' },
];

describe('the support window of the pinned Electron', () => {
  // An engine without security fixes would go on shipping, because nothing else in the tree grows old.
  it.each([
    ['40.1.0', '2026-06-30', true],
    ['40.1.0', '2026-07-01', false],
    ['40.1.0', '2027-01-01', false],
    ['43.0.0', '2026-12-15', true],
    ['43.0.0', '2026-12-16', false],
  ])('%s on %s: %s', (pinned, today, supported) => {
    expect(electronSupport(pinned, today, RELEASES).supported).toBe(supported);
  });

  it('ends with the third version after it, or where the cadence puts that one', () => {
    expect(endOfSupport(40, RELEASES)).toEqual({ day: '2026-07-01', expected: false });
    // 2026-07-01 and one, two, three times eight weeks.
    expect(endOfSupport(41, RELEASES)).toEqual({ day: '2026-08-26', expected: true });
    expect(endOfSupport(42, RELEASES)).toEqual({ day: '2026-10-21', expected: true });
    expect(endOfSupport(43, RELEASES)).toEqual({ day: '2026-12-16', expected: true });
  });

  // A range would let an install choose a version that nobody looked at.
  it.each(['^43.0.0', '43', 'latest', '39.8.0', '44.0.0', 'nothing'])('%s is refused', (pinned) => {
    expect(electronSupport(pinned, '2026-07-02', RELEASES).supported).toBe(false);
  });

  it('knows its versions in order, each after the last', () => {
    const majors = ELECTRON_RELEASES.map(({ major }) => major);
    expect(majors).toEqual(majors.map((_major, at) => (majors[0] ?? 0) + at));
    const days = ELECTRON_RELEASES.map(({ published }) => published);
    expect(days).toEqual([...days].sort());
    for (const day of days) expect(day).toMatch(/^\d{4}-\d{2}-\d{2}$/u);
  });
});
