import { memo, useId, useMemo, type JSX } from 'react';

import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts';

import type { ChartSeries, ValueScale } from './chart-series.ts';
import { bandOf, bandPath, isShown, linePath, type Scales } from './curve-shape.ts';

/**
 * The curves, each as three paths at most: recharts' own lines work on one row for every step of any curve, which
 * costs a comparison of four runs a second where this takes milliseconds.
 */
export function CurveLayer({
  series,
  scale,
}: Readonly<{ series: readonly ChartSeries[]; scale: ValueScale }>): JSX.Element | null {
  const plot = usePlotArea();
  const x = useXAxisScale();
  const y = useYAxisScale();
  const clip = useId();
  const scales = useMemo<Scales | undefined>(
    () =>
      x === undefined || y === undefined
        ? undefined
        : {
            x: (step) => x(step),
            y: (value) => (isShown(value, scale) ? y(value) : undefined),
          },
    [x, y, scale],
  );
  if (plot === undefined || scales === undefined) return null;
  const lines = series.filter((one) => one.shape !== 'dots');
  return (
    <g>
      <clipPath id={clip}>
        <rect x={plot.x} y={plot.y} width={plot.width} height={plot.height} />
      </clipPath>
      <g clipPath={`url(#${clip})`}>
        {lines.map((one) => (
          <Band key={one.id} one={one} scale={scale} scales={scales} />
        ))}
        {lines.map((one) => (
          <Curve key={one.id} one={one} scales={scales} />
        ))}
        {lines.map((one) => (
          <Smoothed key={one.id} one={one} scales={scales} />
        ))}
      </g>
    </g>
  );
}

type PartProps = Readonly<{ one: ChartSeries; scales: Scales }>;

const Band = memo(function Band({
  one,
  scale,
  scales,
}: PartProps & Readonly<{ scale: ValueScale }>): JSX.Element | null {
  const path = bandPath(bandOf(one.points, one.buckets ?? []), scale, scales);
  if (path === '') return null;
  return <path data-part="band" d={path} fill={one.colour} fillOpacity={0.18} stroke="none" />;
});

const Curve = memo(function Curve({ one, scales }: PartProps): JSX.Element | null {
  const { points, colour, smoothed = [] } = one;
  const path = linePath(points, (at) => points[at]?.value, scales);
  if (path === '') return null;
  const isFaint = smoothed.length > 0;
  const [only] = points;
  const [left, top] = only === undefined ? [] : [scales.x(only.step), scales.y(only.value)];
  return (
    <>
      <path
        data-part="line"
        d={path}
        fill="none"
        stroke={colour}
        strokeOpacity={isFaint ? 0.35 : 1}
        strokeWidth={isFaint ? 1 : 1.5}
        strokeLinejoin="round"
        {...dashes(one)}
      />
      {points.length === 1 && <circle cx={left} cy={top} r={2} fill={colour} />}
    </>
  );
});

const Smoothed = memo(function Smoothed({ one, scales }: PartProps): JSX.Element | null {
  const { points, colour, smoothed = [] } = one;
  const path = linePath(points, (at) => smoothed[at], scales);
  if (path === '') return null;
  return (
    <path
      data-part="smoothed"
      d={path}
      fill="none"
      stroke={colour}
      strokeWidth={2}
      strokeLinejoin="round"
      {...dashes(one)}
    />
  );
});

const dashes = ({ dashed }: ChartSeries): Readonly<{ strokeDasharray?: string }> =>
  dashed === true ? { strokeDasharray: '5 4' } : {};
