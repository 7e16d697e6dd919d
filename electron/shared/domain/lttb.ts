export type CurvePoint = { readonly step: number; readonly value: number };

export type CurveBucket = {
  readonly fromStep: number;
  readonly toStep: number;
  readonly min: number;
  readonly max: number;
};

/**
 * Largest-Triangle-Three-Buckets: keeps the first and the last point and, of each bucket between, the point
 * that spans the largest triangle with its kept left neighbour and the mean of the next bucket.
 * Input in ascending steps; output has min(maxPoints, points) points, a subsequence of the input.
 * Source: S. Steinarsson, "Downsampling Time Series for Visual Representation", University of Iceland, 2013.
 */
export function lttb(points: readonly CurvePoint[], maxPoints: number): readonly CurvePoint[] {
  const first = points[0];
  const last = points.at(-1);
  if (points.length <= maxPoints || first === undefined || last === undefined) return points;
  if (maxPoints <= 2) return maxPoints < 1 ? [] : maxPoints < 2 ? [first] : [first, last];

  const kept: CurvePoint[] = [first];
  const inner = points.length - 2;
  const buckets = maxPoints - 2;
  // Bucket i holds the points border(i) … border(i + 1) - 1; the first and last point are buckets of their own.
  const border = (index: number): number => 1 + Math.floor((index * inner) / buckets);
  let left = first;
  for (let index = 0; index < buckets; index++) {
    const next = index + 1 < buckets ? points.slice(border(index + 1), border(index + 2)) : [last];
    let meanStep = 0;
    let meanValue = 0;
    for (const point of next) {
      meanStep += point.step / next.length;
      meanValue += point.value / next.length;
    }
    let best: CurvePoint | undefined;
    let bestArea = -1;
    for (const point of points.slice(border(index), border(index + 1))) {
      const area = Math.abs(
        (left.step - meanStep) * (point.value - left.value) -
          (left.step - point.step) * (meanValue - left.value),
      );
      if (area > bestArea) {
        bestArea = area;
        best = point;
      }
    }
    if (best !== undefined) {
      kept.push(best);
      left = best;
    }
  }
  kept.push(last);
  return kept;
}

/** Splits points (ascending steps) into at most `count` runs of equal length, each with its lowest and highest value. */
export function minMaxBuckets(points: readonly CurvePoint[], count: number): readonly CurveBucket[] {
  const buckets: CurveBucket[] = [];
  const wanted = Math.min(count, points.length);
  for (let index = 0; index < wanted; index++) {
    const from = Math.floor((index * points.length) / wanted);
    const to = Math.floor(((index + 1) * points.length) / wanted);
    let min = Infinity;
    let max = -Infinity;
    for (let at = from; at < to; at++) {
      const value = points[at]?.value ?? NaN;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const fromStep = points[from]?.step ?? 0;
    buckets.push({ fromStep, toStep: points[to - 1]?.step ?? fromStep, min, max });
  }
  return buckets;
}
