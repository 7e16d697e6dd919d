import fc from 'fast-check';
import { expect, it } from 'vitest';

import type { MetricSeries } from '../../../../electron/shared/contract/methods/metrics.ts';
import { smooth } from '../../../../electron/shared/domain/smoothing.ts';
import { carryOn, cutCurve } from '../../../../renderer/features/run/carry-on.ts';

const WEIGHT = 0.8;
const seriesOf = (values: readonly number[]): MetricSeries => {
  const points = values.map((value, at) => ({ step: at + 1, value }));
  return {
    key: 'loss',
    total: values.length,
    points,
    smoothed: [...smooth(points, WEIGHT)],
    finiteCount: values.length,
    buckets: [],
    nonFiniteSteps: [],
  };
};
const values = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 });

it('an answer carried on by the tail is the answer that would be given later, whatever they share', () => {
  fc.assert(
    fc.property(values, values, fc.nat(10), (known, more, overlap) => {
      const all = [...known, ...more];
      const tail = all
        .map((value, at) => ({ key: 'loss', step: at + 1, value }))
        .slice(-more.length - overlap);
      const got = carryOn(seriesOf(known), tail, WEIGHT);
      const wanted = seriesOf(all);
      expect(got.points).toEqual(wanted.points);
      got.smoothed.forEach((value, at) => expect(value).toBeCloseTo(wanted.smoothed[at] ?? NaN, 6));
      expect(got.smoothed.length).toBe(wanted.smoothed.length);
    }),
  );
});

it('keeps points of other keys out, and tells of values that are not finite in place of drawing them', () => {
  const tail = [
    { key: 'gradNorm', step: 3, value: 9 },
    { key: 'loss', step: 3, value: null },
    { key: 'loss', step: 4, value: 2 },
  ];
  const got = carryOn(seriesOf([1, 1]), tail, 0);
  expect(got.points.map((point) => point.step)).toEqual([1, 2, 4]);
  expect(got.nonFiniteSteps).toEqual([3]);
});

it('cutCurve leaves nothing of what a resumed attempt replaces', () => {
  const series = {
    ...seriesOf([1, 2, 3, 4]),
    nonFiniteSteps: [2, 4],
    buckets: [{ fromStep: 1, toStep: 4, min: 1, max: 4 }],
  };
  const cut = cutCurve(series, 2);
  expect(cut.points.length).toBe(2);
  expect(cut.smoothed.length).toBe(2);
  expect(cut.buckets).toEqual([]);
  expect(cut.nonFiniteSteps).toEqual([2]);
});
