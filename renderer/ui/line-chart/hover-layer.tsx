import type { JSX } from 'react';

import type { PlotGeometry } from './chart-layers.tsx';
import type { ChartMark, ChartSeries } from './chart-series.ts';
import { ChartTooltip } from './chart-tooltip.tsx';
import { nearestPoint } from './curve-shape.ts';
import classes from './line-chart.module.css';

export type HoverLayerProps = Readonly<{
  /** A step of one of the curves. */
  step: number;
  plot: PlotGeometry;
  series: readonly ChartSeries[];
  marks: readonly ChartMark[];
  formatValue: (value: number) => string;
}>;

/** Between the line under the pointer and the readings. */
const GAP_PX = 10;

/** A line at a step, a dot on each curve there, and the readings beside it. */
export function HoverLayer({ step, plot, series, marks, formatValue }: HoverLayerProps): JSX.Element | null {
  const x = plot.xAt(step);
  if (x === undefined || x < plot.left - 1 || x > plot.left + plot.width + 1) return null;
  const isRight = x > plot.left + plot.width / 2;
  const side = isRight ? { right: `calc(100% - ${String(x - GAP_PX)}px)` } : { left: x + GAP_PX };
  return (
    <div className={classes['hover']}>
      <div className={classes['cursor']} style={{ left: x, top: plot.top, height: plot.height }} />
      {series.map((one) => {
        const at = nearestPoint(one.points, step);
        const point = one.points[at];
        if (point === undefined || one.shape === 'dots') return null;
        const left = plot.xAt(point.step);
        const top = plot.yAt(one.smoothed?.[at] ?? point.value);
        if (left === undefined || top === undefined || !Number.isFinite(top)) return null;
        return <div key={one.id} className={classes['dot']} style={{ left, top, background: one.colour }} />;
      })}
      <div className={classes['readings']} style={{ ...side, top: plot.top }}>
        <ChartTooltip step={step} series={series} marks={marks} formatValue={formatValue} />
      </div>
    </div>
  );
}
