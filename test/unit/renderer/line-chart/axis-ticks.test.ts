import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { stepAxis, valueAxis } from '../../../../renderer/ui/line-chart/axis-ticks.ts';

const value = fc
  .double({ min: -1e6, max: 1e6, noNaN: true })
  .filter((one) => one === 0 || Math.abs(one) > 1e-6);

describe('valueAxis', () => {
  it('covers the values with a few ascending ticks that end the axis', () => {
    fc.assert(
      fc.property(value, value, fc.integer({ min: 2, max: 12 }), (one, other, count) => {
        const extent = [Math.min(one, other), Math.max(one, other)] as const;
        const { domain, ticks } = valueAxis(extent, 'linear', count);
        const slack = 1e-6 * Math.max(1, Math.abs(extent[0]), Math.abs(extent[1]));
        expect(domain[0]).toBeLessThanOrEqual(extent[0] + slack);
        expect(domain[1]).toBeGreaterThanOrEqual(extent[1] - slack);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(count + 3);
        expect([ticks[0], ticks.at(-1)]).toEqual([...domain]);
        ticks.slice(1).forEach((tick, at) => expect(tick).toBeGreaterThan(ticks[at] ?? Infinity));
      }),
    );
  });

  it('reads well', () => {
    expect(valueAxis([0.41, 3.9], 'linear', 5).ticks).toEqual([0, 1, 2, 3, 4]);
    expect(valueAxis([0.00002, 0.0001], 'linear', 5).ticks).toEqual([
      0.00002, 0.00004, 0.00006, 0.00008, 0.0001,
    ]);
    expect(valueAxis([7, 7], 'linear', 5).domain).toEqual([6, 8]);
  });

  it('covers positive values on a logarithmic scale with positive ticks', () => {
    const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(positive, positive, (one, other) => {
        const extent = [Math.min(one, other), Math.max(one, other)] as const;
        const { domain, ticks } = valueAxis(extent, 'log', 5);
        expect(domain[0]).toBeGreaterThan(0);
        expect(domain[0]).toBeLessThanOrEqual(extent[0]);
        expect(domain[1]).toBeGreaterThanOrEqual(extent[1]);
        expect(domain[1]).toBeGreaterThan(domain[0]);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

it('stepAxis keeps the range and ticks whole steps inside it', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (from, span) => {
      const { domain, ticks } = stepAxis(from, from + span, 6);
      expect(domain[0]).toBe(from);
      expect(domain[1]).toBe(Math.max(from + span, from + 1));
      for (const tick of ticks) {
        expect(Number.isInteger(tick)).toBe(true);
        expect(tick).toBeGreaterThanOrEqual(domain[0]);
        expect(tick).toBeLessThanOrEqual(domain[1]);
      }
      expect(ticks.length).toBeLessThanOrEqual(8);
    }),
  );
});
