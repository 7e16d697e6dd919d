import type { ReactElement } from 'react';

import classes from './time-trace.module.css';

export type TracePoint = Readonly<{ atMs: number; value: number | undefined }>;

export type TimeTraceProps = Readonly<{
  /** In ascending time. */
  points: readonly TracePoint[];
  fromMs: number;
  toMs: number;
  /** Value at the upper edge; the lower edge is 0. Without it the highest value. */
  top?: number | undefined;
  /** Points further apart than this are not joined: nobody looked in between. */
  gapMs: number;
  /** What it shows, with its lowest and highest value, for readers of screens. */
  label: string;
}>;

const WIDTH = 200;
const HEIGHT = 32;
/** Half a line's width: the highest value is drawn whole. */
const INSET = 1;

type Place = Readonly<{ x: number; y: number; atMs: number }>;

/** A value over the last minutes, as small as a line of text. */
export function TimeTrace({ points, fromMs, toMs, top, gapMs, label }: TimeTraceProps): ReactElement {
  const known = points.flatMap(({ atMs, value }) =>
    value === undefined || atMs < fromMs ? [] : [{ atMs, value }],
  );
  const highest = Math.max(top ?? 0, ...known.map(({ value }) => value), Number.MIN_VALUE);
  const places = known.map(({ atMs, value }) => ({
    atMs,
    x: ((atMs - fromMs) / Math.max(1, toMs - fromMs)) * WIDTH,
    y: HEIGHT - INSET - (value / highest) * (HEIGHT - 2 * INSET),
  }));
  return (
    <svg
      className={classes['trace']}
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {joined(places, gapMs).map((part) => (
        <g key={part[0]?.atMs}>
          <path className={classes['area']} d={areaOf(part)} />
          <path className={classes['line']} d={lineOf(part)} vectorEffect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
}

function joined(places: readonly Place[], gapMs: number): readonly (readonly Place[])[] {
  const parts: Place[][] = [];
  for (const place of places) {
    const part = parts.at(-1);
    const last = part?.at(-1);
    if (part === undefined || last === undefined || place.atMs - last.atMs > gapMs) parts.push([place]);
    else part.push(place);
  }
  return parts;
}

/** A lone point is a short stroke: a path of no length is not drawn. */
function lineOf(part: readonly Place[]): string {
  const [first] = part;
  if (first === undefined) return '';
  const moves = part.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return part.length === 1 ? `M${moves[0] ?? ''}h1` : `M${moves.join('L')}`;
}

function areaOf(part: readonly Place[]): string {
  const [first] = part;
  const last = part.at(-1);
  if (first === undefined || last === undefined) return '';
  const base = HEIGHT - INSET;
  return `${lineOf(part)}L${last.x.toFixed(1)} ${String(base)}L${first.x.toFixed(1)} ${String(base)}Z`;
}
