import type { CurvePoint } from './lttb.ts';

/**
 * Exponential moving average with the start-up bias removed:
 * m(n) = β·m(n−1) + (1−β)·x(n), shown as m(n) / (1 − βⁿ).
 * Source of the correction: D. Kingma and J. Ba, "Adam", ICLR 2015, section 3.
 */
export type MovingAverage = Readonly<{ biased: number; count: number }>;

export const NO_AVERAGE: MovingAverage = { biased: 0, count: 0 };

/** The average after one more value; `weight` is β in [0, 1). */
export function averageWith(average: MovingAverage, value: number, weight: number): MovingAverage {
  return { biased: weight * average.biased + (1 - weight) * value, count: average.count + 1 };
}

/** The average without its start-up bias; NaN before the first value. */
export function unbiased(average: MovingAverage, weight: number): number {
  return average.biased / (1 - weight ** average.count);
}

/** The average of which `unbiased` gave `value` after `count` values: the way to carry a curve on. */
export function averageFrom(value: number, count: number, weight: number): MovingAverage {
  return { biased: value * (1 - weight ** count), count };
}

/** The smoothed value at every point. Weight 0 returns the values themselves. */
export function smooth(points: readonly CurvePoint[], weight: number): readonly number[] {
  let average = NO_AVERAGE;
  return points.map((point) => {
    average = averageWith(average, point.value, weight);
    return unbiased(average, weight);
  });
}
