import { useEffect, type JSX, type RefObject } from 'react';

import { usePlotArea, useXAxisInverseScale, useXAxisScale, useYAxisScale } from 'recharts';

import type { ChartMark, ChartSeries } from './chart-series.ts';

/** Where the plot lies in the chart, in pixels, and which step a pixel is. */
export type PlotGeometry = Readonly<{
  left: number;
  width: number;
  top: number;
  height: number;
  stepAt: (x: number) => number;
  xAt: (step: number) => number | undefined;
  yAt: (value: number) => number | undefined;
}>;

/** Tells what lies around the chart where its plot is. Draws nothing. */
export function PlotProbe({ geometry }: Readonly<{ geometry: RefObject<PlotGeometry | undefined> }>): null {
  const plot = usePlotArea();
  const inverse = useXAxisInverseScale();
  const x = useXAxisScale();
  const y = useYAxisScale();
  useEffect(() => {
    geometry.current =
      plot === undefined || inverse === undefined || x === undefined || y === undefined
        ? undefined
        : {
            left: plot.x,
            width: plot.width,
            top: plot.y,
            height: plot.height,
            stepAt: (pixel) => Number(inverse(pixel)),
            xAt: (step) => x(step),
            yAt: (value) => y(value),
          };
  }, [geometry, plot, inverse, x, y]);
  return null;
}

/** Marks of one kind that can be told apart on one chart; of more, some are left out evenly. */
const MOST_MARKS = 60;

/** ◆ and ● along the lower edge of the plot. */
export function MarkLayer({
  marks,
  colour,
}: Readonly<{ marks: readonly ChartMark[]; colour: string }>): JSX.Element | null {
  const plot = usePlotArea();
  const x = useXAxisScale();
  if (plot === undefined || x === undefined) return null;
  const shown = (['sample', 'checkpoint'] as const).flatMap((kind) => {
    const ofKind = marks.filter((mark) => mark.kind === kind);
    const every = Math.ceil(ofKind.length / MOST_MARKS);
    return ofKind.filter((_, at) => at % every === 0 || at === ofKind.length - 1);
  });
  return (
    <g>
      {shown.map(({ kind, step }) => {
        const centre = x(step);
        if (centre === undefined || centre < plot.x - 1 || centre > plot.x + plot.width + 1) return null;
        const y = plot.y + plot.height - (kind === 'checkpoint' ? 6 : 18);
        return kind === 'checkpoint' ? (
          <path key={`${kind}${step}`} d={`M${centre} ${y - 5}l5 5l-5 5l-5 -5z`} fill={colour} />
        ) : (
          <circle
            key={`${kind}${step}`}
            cx={centre}
            cy={y}
            r={3.5}
            fill="none"
            stroke={colour}
            strokeWidth={1.5}
          />
        );
      })}
    </g>
  );
}

/** ▲ at each value of the series that are not joined. */
export function DotLayer({ series }: Readonly<{ series: readonly ChartSeries[] }>): JSX.Element | null {
  const plot = usePlotArea();
  const x = useXAxisScale();
  const y = useYAxisScale();
  if (plot === undefined || x === undefined || y === undefined) return null;
  return (
    <g>
      {series.map((one) => {
        // One path for all of them: a long run has hundreds, which then are smaller.
        const half = Math.min(5, Math.max(2, plot.width / one.points.length / 2));
        const path = one.points.map(({ step, value }) => {
          const centre = x(step);
          const middle = y(value);
          if (centre === undefined || middle === undefined || !Number.isFinite(middle)) return '';
          if (centre < plot.x - 1 || centre > plot.x + plot.width + 1) return '';
          return `M${centre} ${middle - half}l${half} ${half * 1.8}h${-2 * half}z`;
        });
        return <path key={one.id} data-part="dots" d={path.join('')} fill={one.colour} stroke="none" />;
      })}
    </g>
  );
}
