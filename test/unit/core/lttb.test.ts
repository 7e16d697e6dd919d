import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lttb, minMaxBuckets, type CurvePoint } from '../../../electron/shared/domain/lttb.ts';

const curve = fc.uniqueArray(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 400 }).chain((steps) =>
  fc
    .array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
      minLength: steps.length,
      maxLength: steps.length,
    })
    .map((values): CurvePoint[] =>
      steps.sort((left, right) => left - right).map((step, at) => ({ step, value: values[at] ?? 0 })),
    ),
);
const size = fc.integer({ min: 2, max: 60 });

describe('lttb', () => {
  it('keeps min(maxPoints, length) points of the input, in order, with both ends', () => {
    fc.assert(
      fc.property(curve, size, (points, maxPoints) => {
        const kept = lttb(points, maxPoints);
        expect(kept.length).toBe(Math.min(points.length, maxPoints));
        let from = 0;
        for (const point of kept) {
          const at = points.indexOf(point, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + 1;
        }
        if (points.length > 0) {
          expect(kept[0]).toBe(points[0]);
          expect(kept.at(-1)).toBe(points.at(-1));
        }
      }),
    );
  });

  it('keeps a lone spike on a flat curve', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 998 }), (spike) => {
        const points = Array.from({ length: 1000 }, (_, step) => ({ step, value: step === spike ? 9 : 0 }));
        expect(lttb(points, 30).some((point) => point.step === spike)).toBe(true);
      }),
    );
  });
});

describe('minMaxBuckets', () => {
  it('covers every point once, and no value lies outside its bucket', () => {
    fc.assert(
      fc.property(curve, size, (points, count) => {
        const buckets = minMaxBuckets(points, count);
        expect(buckets.length).toBe(Math.min(points.length, count));
        for (const point of points) {
          const covering = buckets.filter((one) => one.fromStep <= point.step && point.step <= one.toStep);
          expect(covering.length).toBe(1);
          expect(covering[0]?.min).toBeLessThanOrEqual(point.value);
          expect(covering[0]?.max).toBeGreaterThanOrEqual(point.value);
        }
        const lowest = Math.min(...points.map((point) => point.value));
        if (points.length > 0) expect(Math.min(...buckets.map((one) => one.min))).toBe(lowest);
      }),
    );
  });
});
