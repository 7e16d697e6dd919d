import type { ChartSeries } from './chart-series.ts';
import { nearestPoint } from './curve-shape.ts';

/** The step of any curve that is nearest to a step; undefined without a point. */
export function nearestStep(series: readonly ChartSeries[], step: number): number | undefined {
  let best: number | undefined;
  for (const { points } of series) {
    const found = points[nearestPoint(points, step)]?.step;
    if (found === undefined) continue;
    if (best === undefined || Math.abs(found - step) < Math.abs(best - step)) best = found;
  }
  return best;
}

/** The next step of any curve in a direction; undefined at the end. */
export function nextStep(series: readonly ChartSeries[], step: number, forward: boolean): number | undefined {
  let best: number | undefined;
  for (const { points } of series) {
    let at = nearestPoint(points, step);
    const isBeyond = (found: number | undefined): boolean =>
      found !== undefined && (forward ? found > step : found < step);
    while (at >= 0 && at < points.length && !isBeyond(points[at]?.step)) at += forward ? 1 : -1;
    const found = points[at]?.step;
    if (found === undefined) continue;
    if (best === undefined || Math.abs(found - step) < Math.abs(best - step)) best = found;
  }
  return best;
}
