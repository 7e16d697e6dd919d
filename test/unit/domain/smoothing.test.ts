import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { averageFrom, averageWith, smooth, unbiased } from '../../../electron/shared/domain/smoothing.ts';

const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 60 });
const weight = fc.double({ min: 0, max: 0.99, noNaN: true });
const curve = (list: readonly number[]): { step: number; value: number }[] =>
  list.map((value, step) => ({ step, value }));

describe('smooth', () => {
  it('is the weighted mean of the definition, not pulled to zero at the start', () => {
    fc.assert(
      fc.property(values, weight, (list, beta) => {
        const got = smooth(curve(list), beta);
        list.forEach((_, at) => {
          let sum = 0;
          let weights = 0;
          for (let back = 0; back <= at; back += 1) {
            sum += beta ** back * (list[at - back] ?? 0);
            weights += beta ** back;
          }
          expect(got[at]).toBeCloseTo(sum / weights, 6);
        });
      }),
    );
  });

  it('leaves a level curve level and, without weight, any curve as it is', () => {
    expect(smooth(curve([2, 2, 2]), 0.9).map((value) => value.toFixed(9))).toEqual(
      Array(3).fill('2.000000000'),
    );
    expect(smooth(curve([3, 1, 2]), 0)).toEqual([3, 1, 2]);
  });

  it('can be carried on from its last value as if it had never stopped', () => {
    fc.assert(
      fc.property(values, values, weight, (first, second, beta) => {
        const whole = smooth(curve([...first, ...second]), beta);
        let average = averageFrom(whole[first.length - 1] ?? 0, first.length, beta);
        for (const value of second) average = averageWith(average, value, beta);
        expect(unbiased(average, beta)).toBeCloseTo(whole.at(-1) ?? NaN, 6);
      }),
    );
  });
});
