import type { MetricSeries } from '../../../shared/contract/methods/metrics.ts';
import { formatNumber } from '../../../shared/domain/figures.ts';
import { niceTicks } from '../../../shared/domain/nice-ticks.ts';
import { escapeHtml } from './escape-html.ts';

export type ReportChart = Readonly<{
  title: string;
  /** Drawn one over the other: a line, its average where there is one, or dots for the few points of evaluations. */
  series: readonly Readonly<{ label: string; colour: string; data: MetricSeries; dots: boolean }>[];
  lastStep: number;
  formatValue: (value: number) => string;
}>;

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;

type Place = Readonly<{ x: (step: number) => number; y: (value: number) => number }>;

/** A chart as SVG; undefined where nothing finite was reported. Lowest and highest values of what was left out are shaded. */
export function chartSvg({ title, series, lastStep, formatValue }: ReportChart): string | undefined {
  const values = series.flatMap(({ data }) => [
    ...data.points.map((point) => point.value),
    ...data.buckets.flatMap((bucket) => [bucket.min, bucket.max]),
  ]);
  if (values.length === 0) return undefined;
  const ticks = niceTicks(minimum(values), -minimum(values.map((value) => -value)));
  const low = ticks[0] ?? 0;
  const high = ticks.at(-1) ?? 1;
  const place: Place = {
    x: (step) => LEFT + (step / Math.max(1, lastStep)) * (WIDTH - LEFT - RIGHT),
    y: (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
  const rows = ticks.map((tick) => {
    const y = place.y(tick).toFixed(1);
    return (
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" class="grid"/>` +
      `<text x="${LEFT - 8}" y="${y}" dy="4" text-anchor="end">${escapeHtml(formatValue(tick))}</text>`
    );
  });
  const columns = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const step = Math.round(lastStep * share);
    const anchor = share === 1 ? 'end' : 'middle';
    return `<text x="${place.x(step).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${formatNumber(step)}</text>`;
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">` +
    `${rows.join('')}${columns.join('')}${series.map((one) => drawn(one, place)).join('')}</svg>`
  );
}

function drawn({ data, colour, dots }: ReportChart['series'][number], { x, y }: Place): string {
  const at = (step: number, value: number): string => `${x(step).toFixed(1)},${y(value).toFixed(1)}`;
  if (dots) {
    return data.points
      .map(({ step, value }) => {
        const [cx, cy] = at(step, value).split(',');
        return `<circle cx="${cx ?? ''}" cy="${cy ?? ''}" r="3" fill="${colour}"/>`;
      })
      .join('');
  }
  const band =
    data.buckets.length === 0
      ? ''
      : `<polygon points="${[
          ...data.buckets.map((bucket) => at(bucket.fromStep, bucket.max)),
          ...data.buckets.toReversed().map((bucket) => at(bucket.fromStep, bucket.min)),
        ].join(' ')}" fill="${colour}" opacity="0.15"/>`;
  const line = (values: readonly number[], width: number, opacity: number): string => {
    const places = data.points.map(({ step }, index) => at(step, values[index] ?? 0)).join(' ');
    return `<polyline points="${places}" fill="none" stroke="${colour}" stroke-width="${width}" opacity="${opacity}"/>`;
  };
  const raw = data.points.map((point) => point.value);
  if (data.smoothed.length === 0) return band + line(raw, 1.5, 1);
  return band + line(raw, 1, 0.35) + line(data.smoothed, 2, 1);
}

/** Not by spreading: a curve may have more values than a call may have arguments. */
function minimum(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}
