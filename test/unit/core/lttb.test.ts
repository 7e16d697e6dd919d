import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lttb, minMaxBuckets, toColumns, type CurvePoint } from '../../../electron/shared/domain/lttb.ts';

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
const keptOf = (points: readonly CurvePoint[], maxPoints: number): readonly (CurvePoint | undefined)[] =>
  Array.from(lttb(toColumns(points), 0, points.length, maxPoints), (at) => points[at]);

describe('lttb', () => {
  it('keeps min(maxPoints, length) points of the input, in order, with both ends', () => {
    fc.assert(
      fc.property(curve, size, (points, maxPoints) => {
        const kept = [...lttb(toColumns(points), 0, points.length, maxPoints)];
        expect(kept.length).toBe(Math.min(points.length, maxPoints));
        kept.forEach((at, index) => expect(at).toBeGreaterThan(kept[index - 1] ?? -1));
        if (points.length > 0) {
          expect(kept[0]).toBe(0);
          expect(kept.at(-1)).toBe(points.length - 1);
        }
      }),
    );
  });

  it('of a part of a curve keeps what it keeps of that part alone', () => {
    fc.assert(
      fc.property(curve, size, fc.nat(), fc.nat(), (points, maxPoints, one, other) => {
        const [from = 0, to = 0] = [one, other]
          .map((border) => border % (points.length + 1))
          .sort((left, right) => left - right);
        const part = points.slice(from, to);
        const kept = Array.from(lttb(toColumns(points), from, to, maxPoints), (at) => points[at]);
        expect(kept).toEqual(keptOf(part, maxPoints));
        const buckets = minMaxBuckets(toColumns(points), from, to, maxPoints);
        expect(buckets).toEqual(minMaxBuckets(toColumns(part), 0, part.length, maxPoints));
      }),
    );
  });

  it('keeps a lone spike on a flat curve', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 998 }), (spike) => {
        const points = Array.from({ length: 1000 }, (_, step) => ({ step, value: step === spike ? 9 : 0 }));
        expect(keptOf(points, 30)).toContainEqual({ step: spike, value: 9 });
      }),
    );
  });
});

describe('minMaxBuckets', () => {
  it('covers every point once, and no value lies outside its bucket', () => {
    fc.assert(
      fc.property(curve, size, (points, count) => {
        const buckets = minMaxBuckets(toColumns(points), 0, points.length, count);
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
