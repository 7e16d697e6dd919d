import type { JSX } from 'react';

import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { nearestPoint } from './curve-shape.ts';
import type { ChartMark, ChartSeries } from './chart-series.ts';
import classes from './line-chart.module.css';

export type ChartTooltipProps = Readonly<{
  step: number;
  series: readonly ChartSeries[];
  marks: readonly ChartMark[];
  formatValue: (value: number) => string;
}>;

/** What every curve is at the step under the pointer, or at its point nearest to it. */
export function ChartTooltip({ step, series, marks, formatValue }: ChartTooltipProps): JSX.Element {
  const words = useWords('chart');
  const here = marks.filter((mark) => mark.step === step);
  return (
    <div className={classes['tooltip']}>
      <strong>{words('step', { step: formatNumber(step) })}</strong>
      {series.map((one) => {
        const at = nearestPoint(one.points, step);
        const point = one.points[at];
        // A single measurement belongs to its own step only.
        if (point === undefined || (one.shape === 'dots' && point.step !== step)) return null;
        const smoothed = one.smoothed?.[at];
        return (
          <span key={one.id} className={classes['reading']}>
            <span className={classes['swatch']} style={{ background: one.colour }} aria-hidden />
            {one.label}
            <span className={classes['figure']}>
              {formatValue(smoothed ?? point.value)}
              {smoothed !== undefined && (
                <span
                  className={classes['aside']}
                >{` ${words('raw', { value: formatValue(point.value) })}`}</span>
              )}
            </span>
          </span>
        );
      })}
      {here.map((mark) => (
        <span key={mark.kind} className={classes['aside']}>
          {mark.kind === 'checkpoint' ? '◆ ' : '○ '}
          {words(mark.kind)}
        </span>
      ))}
    </div>
  );
}
