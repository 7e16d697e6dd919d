export type CurvePoint = { readonly step: number; readonly value: number };

export type CurveBucket = {
  readonly fromStep: number;
  readonly toStep: number;
  readonly min: number;
  readonly max: number;
};

/** A curve by columns, in ascending steps; what lies beyond `count` does not belong to it. */
export type Columns = Readonly<{
  steps: ArrayLike<number>;
  values: ArrayLike<number>;
  count: number;
}>;

export const toColumns = (points: readonly CurvePoint[]): Columns => ({
  steps: points.map((point) => point.step),
  values: points.map((point) => point.value),
  count: points.length,
});

/**
 * Largest-Triangle-Three-Buckets over the points from ≤ index < to: keeps the first and the last point and, of
 * each bucket between, the point that spans the largest triangle with its kept left neighbour and the mean of the
 * next bucket. Returns the indices of min(maxPoints, to − from) points, ascending.
 * Source: S. Steinarsson, "Downsampling Time Series for Visual Representation", University of Iceland, 2013.
 */
export function lttb({ steps, values }: Columns, from: number, to: number, maxPoints: number): Uint32Array {
  const count = Math.max(to - from, 0);
  const last = to - 1;
  if (count <= maxPoints) return Uint32Array.from({ length: count }, (_, at) => from + at);
  if (maxPoints <= 2) return Uint32Array.from(maxPoints < 1 ? [] : maxPoints < 2 ? [from] : [from, last]);

  const kept = new Uint32Array(maxPoints);
  kept[0] = from;
  const inner = count - 2;
  const buckets = maxPoints - 2;
  // Bucket i holds the points border(i) … border(i + 1) - 1; the first and last point are buckets of their own.
  const border = (index: number): number => from + 1 + Math.floor((index * inner) / buckets);
  let left = from;
  for (let index = 0; index < buckets; index++) {
    const start = border(index);
    const end = border(index + 1);
    const nextEnd = index + 1 < buckets ? border(index + 2) : to;
    let stepSum = 0;
    let valueSum = 0;
    for (let at = end; at < nextEnd; at++) {
      stepSum += steps[at] ?? 0;
      valueSum += values[at] ?? 0;
    }
    const leftStep = steps[left] ?? 0;
    const leftValue = values[left] ?? 0;
    const stepsToMean = leftStep - stepSum / (nextEnd - end);
    const meanRise = valueSum / (nextEnd - end) - leftValue;
    let best = start;
    let bestArea = -1;
    for (let at = start; at < end; at++) {
      const area = Math.abs(
        stepsToMean * ((values[at] ?? 0) - leftValue) - (leftStep - (steps[at] ?? 0)) * meanRise,
      );
      if (area > bestArea) {
        bestArea = area;
        best = at;
      }
    }
    kept[index + 1] = best;
    left = best;
  }
  kept[maxPoints - 1] = last;
  return kept;
}

/** Splits the points from ≤ index < to into at most `parts` runs of equal length, each with its lowest and highest value. */
export function minMaxBuckets(
  { steps, values }: Columns,
  from: number,
  to: number,
  parts: number,
): readonly CurveBucket[] {
  const buckets: CurveBucket[] = [];
  const count = Math.max(to - from, 0);
  const wanted = Math.min(parts, count);
  for (let index = 0; index < wanted; index++) {
    const start = from + Math.floor((index * count) / wanted);
    const end = from + Math.floor(((index + 1) * count) / wanted);
    let min = Infinity;
    let max = -Infinity;
    for (let at = start; at < end; at++) {
      const value = values[at] ?? NaN;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const fromStep = steps[start] ?? 0;
    buckets.push({ fromStep, toStep: steps[end - 1] ?? fromStep, min, max });
  }
  return buckets;
}
