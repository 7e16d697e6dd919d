import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  bandOf,
  chartRows,
  nearestPoint,
  valueExtent,
} from '../../../../renderer/ui/line-chart/chart-rows.ts';
import type { ChartSeries } from '../../../../renderer/ui/line-chart/chart-series.ts';
import { decimated } from '../../../helpers/decimated.ts';

const curve = fc
  .array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 300 })
  .map((values) => values.map((value, at) => ({ step: at + 1, value })));
const seriesOf = (changes: Partial<ChartSeries>): ChartSeries => ({
  id: 'a',
  label: 'a',
  colour: '#000000',
  points: [],
  ...changes,
});

describe('bandOf', () => {
  it('loses no extreme of the raw curve, wherever it lies', () => {
    fc.assert(
      fc.property(curve, fc.integer({ min: 2, max: 40 }), (raw, count) => {
        const { points: kept, buckets } = decimated(raw, count);
        const band = bandOf(kept, buckets);
        const all = raw.map((point) => point.value);
        expect(Math.max(...band.map((row) => row.max))).toBe(Math.max(...all));
        expect(Math.min(...band.map((row) => row.min))).toBe(Math.min(...all));
        expect(band.map((row) => row.step)).toEqual(kept.map((point) => point.step));
      }),
    );
  });

  it('shows a lone spike within one drawn point of where it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (spike) => {
        const raw = Array.from({ length: 10_000 }, (_, step) => ({ step, value: step === spike ? 50 : 1 }));
        const { points, buckets } = decimated(raw, 100);
        const band = bandOf(points, buckets);
        const hit = band.filter((row) => row.max === 50);
        expect(hit.length).toBeGreaterThan(0);
        for (const row of hit) expect(Math.abs(row.step - spike)).toBeLessThanOrEqual(300);
      }),
      { numRuns: 20 },
    );
  });
});

describe('chartRows', () => {
  it('has one row a step, ascending, with every value of every curve', () => {
    fc.assert(
      fc.property(curve, curve, (first, second) => {
        const shifted = second.map(({ step, value }) => ({ step: step * 2, value }));
        const rows = chartRows([seriesOf({ points: first }), seriesOf({ points: shifted })], 'linear');
        const steps = rows.map((row) => row.step);
        expect(steps).toEqual([...new Set(steps)].sort((left, right) => left - right));
        const byStep = new Map(rows.map((row) => [row.step, row]));
        for (const point of first) expect(byStep.get(point.step)?.['v0']).toBe(point.value);
        for (const point of shifted) expect(byStep.get(point.step)?.['v1']).toBe(point.value);
      }),
    );
  });

  it('gives a logarithmic scale nothing at or below zero', () => {
    const points = [
      { step: 1, value: 0 },
      { step: 2, value: -1 },
      { step: 3, value: 2 },
    ];
    const buckets = [{ fromStep: 1, toStep: 3, min: -1, max: 2 }];
    const rows = chartRows([seriesOf({ points, buckets, smoothed: [0, -1, 2] })], 'log');
    const shown = rows.flatMap(({ step: _step, ...values }) => Object.values(values).flat());
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.every((value) => value > 0)).toBe(true);
    expect(valueExtent([seriesOf({ points, buckets })], 'log')).toEqual([2, 2]);
  });
});

it('nearestPoint finds the closest step by any distance', () => {
  fc.assert(
    fc.property(curve, fc.integer({ min: -5, max: 400 }), (points, step) => {
      const found = points[nearestPoint(points, step)];
      const least = Math.min(...points.map((point) => Math.abs(point.step - step)));
      expect(Math.abs((found?.step ?? NaN) - step)).toBe(least);
    }),
  );
  expect(nearestPoint([], 3)).toBe(-1);
});
