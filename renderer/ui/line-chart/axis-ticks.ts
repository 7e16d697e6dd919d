import type { ValueScale } from './chart-series.ts';

export type Axis = Readonly<{ domain: readonly [number, number]; ticks: readonly number[] }>;

/** Factors of a decade that read well. */
const NICE = [1, 2, 5, 10];

/** A distance between ticks of 1, 2 or 5 times a power of ten that gives at most about `count` of them. */
function niceStep(span: number, count: number, least: number): number {
  const rough = Math.max(span / Math.max(count, 1), least);
  const decade = 10 ** Math.floor(Math.log10(rough));
  const factor = NICE.find((one) => one * decade >= rough * (1 - 1e-9)) ?? 10;
  return Math.max(factor * decade, least);
}

/** Removes what binary fractions add: 0.30000000000000004. */
const clean = (value: number): number => Number(value.toPrecision(12));

/** An axis for values: its ends are ticks. */
export function valueAxis(extent: readonly [number, number], scale: ValueScale, count: number): Axis {
  const [low, high] = extent;
  if (scale === 'log') return logAxis(low, high);
  const size = Math.max(Math.abs(low), Math.abs(high));
  // A level curve stands in the middle, and differences that figures cannot show make no axis.
  const isLevel = high - low <= size * 1e-6;
  const margin = isLevel ? Math.max(size * 0.1, 1e-6) : 0;
  const step = niceStep(high - low + 2 * margin, count, Number.MIN_VALUE);
  const from = Math.floor((low - margin) / step + 1e-9);
  const to = Math.max(Math.ceil((high + margin) / step - 1e-9), from + 1);
  const ticks = Array.from({ length: to - from + 1 }, (_, at) => clean((from + at) * step));
  return { ticks, domain: [ticks[0] ?? low, ticks.at(-1) ?? high] };
}

/** An axis for steps: whole numbers only, and the ends are the range itself, so that curves use the full width. */
export function stepAxis(from: number, to: number, count: number): Axis {
  const last = Math.max(to, from + 1);
  const step = niceStep(last - from, count, 1);
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= last; tick += step) ticks.push(clean(tick));
  return { ticks, domain: [from, last] };
}

function logAxis(low: number, high: number): Axis {
  const decades = Math.log10(high / low);
  const factors = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  const candidates: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power += 1) {
    for (const factor of factors) candidates.push(clean(factor * 10 ** power));
  }
  const below = candidates.findLast((tick) => tick <= low) ?? low;
  const above = candidates.find((tick) => tick >= high && tick > below) ?? high;
  const between = candidates.filter((tick) => tick >= below && tick <= above);
  const every = Math.ceil(between.length / 8);
  return { domain: [below, above], ticks: between.filter((_, at) => at % every === 0) };
}
