import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  bandOf,
  bandPath,
  linePath,
  nearestPoint,
  valueExtent,
} from '../../../../renderer/ui/line-chart/curve-shape.ts';
import { nextStep } from '../../../../renderer/ui/line-chart/reading-step.ts';
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

const SCALES = { x: (step: number) => step * 2, y: (value: number) => 100 - value };
const verticesOf = (path: string): number[][] =>
  [...path.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/gu)].map((hit) => [Number(hit[1]), Number(hit[2])]);

describe('the paths of a curve', () => {
  it('join every point, to a tenth of a pixel', () => {
    fc.assert(
      fc.property(curve, (points) => {
        const vertices = verticesOf(linePath(points, (at) => points[at]?.value, SCALES));
        expect(vertices.length).toBe(points.length);
        points.forEach(({ step, value }, at) => {
          expect(vertices[at]?.[0]).toBe(step * 2);
          expect(Math.abs((vertices[at]?.[1] ?? NaN) - (100 - value))).toBeLessThanOrEqual(0.05001);
        });
      }),
    );
  });

  it('surround every extreme with the band, and close it', () => {
    fc.assert(
      fc.property(curve, fc.integer({ min: 2, max: 40 }), (raw, count) => {
        const { points, buckets } = decimated(raw, count);
        const path = bandPath(bandOf(points, buckets), 'linear', SCALES);
        const heights = verticesOf(path).map(([, y]) => y ?? NaN);
        const values = raw.map((point) => point.value);
        expect(Math.abs(Math.min(...heights) - (100 - Math.max(...values)))).toBeLessThanOrEqual(0.05001);
        expect(Math.abs(Math.max(...heights) - (100 - Math.min(...values)))).toBeLessThanOrEqual(0.05001);
        expect(path).toMatch(/^M[^M]*Z$/u);
      }),
    );
  });

  it('leave out of a logarithmic scale what is zero and below', () => {
    const points = [
      { step: 1, value: 0 },
      { step: 2, value: -1 },
      { step: 3, value: 2 },
    ];
    const log = { ...SCALES, y: (value: number) => (value > 0 ? Math.log10(value) : undefined) };
    expect(verticesOf(linePath(points, (at) => points[at]?.value, log)).length).toBe(1);
    const band = [
      { step: 1, min: -1, max: 0 },
      { step: 3, min: -1, max: 2 },
    ];
    expect(verticesOf(bandPath(band, 'log', log)).map(([x]) => x)).toEqual([6, 6]);
    const buckets = [{ fromStep: 1, toStep: 3, min: -1, max: 2 }];
    expect(valueExtent([seriesOf({ points, buckets })], 'log')).toEqual([2, 2]);
  });
});

describe('the step of the readings', () => {
  it('goes through every point of every curve, there and back', () => {
    const steps = fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(steps, steps, (first, second) => {
        const series = [first, second].map((each, at) =>
          seriesOf({
            id: String(at),
            points: each.toSorted((left, right) => left - right).map((step) => ({ step, value: 1 })),
          }),
        );
        const all = [...new Set([...first, ...second])].sort((left, right) => left - right);
        const walk = (from: number, forward: boolean): number[] => {
          const seen = [from];
          for (let at = nextStep(series, from, forward); at !== undefined;) {
            seen.push(at);
            at = nextStep(series, at, forward);
          }
          return seen;
        };
        expect(walk(all[0] ?? NaN, true)).toEqual(all);
        expect(walk(all.at(-1) ?? NaN, false)).toEqual(all.toReversed());
      }),
    );
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
