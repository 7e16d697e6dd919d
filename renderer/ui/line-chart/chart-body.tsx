import { memo, useMemo, type JSX, type RefObject } from 'react';

import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';

import type { Tokens } from '../../theme/tokens.ts';
import { stepAxis, valueAxis } from './axis-ticks.ts';
import { DotLayer, MarkLayer, PlotProbe, type PlotGeometry } from './chart-layers.tsx';
import { chartRows, valueExtent } from './chart-rows.ts';
import type { ChartMark, ChartSeries, StepRange, ValueScale } from './chart-series.ts';
import { ChartTooltip } from './chart-tooltip.tsx';

export type ChartBodyProps = Readonly<{
  title: string;
  series: readonly ChartSeries[];
  marks: readonly ChartMark[];
  range: StepRange;
  scale: ValueScale;
  height: number;
  tokens: Tokens;
  formatValue: (value: number) => string;
  geometry: RefObject<PlotGeometry | undefined>;
}>;

/** All charts share this much room for the figures of the value axis, so that steps line up between them. */
const VALUE_AXIS_PX = 52;
const MARGIN = { top: 8, right: 12, bottom: 0, left: 0 };
/** Ticks that stand apart at the given height and at the least width of a chart. */
const PX_PER_TICK = 44;
const STEP_TICKS = 6;
/** A low chart is also a narrow one. */
const LOW_PX = 150;
const FEW_STEP_TICKS = 3;

const formatStep = (step: number): string => step.toLocaleString('en-US');

/** The drawing alone; it is made anew only when what it draws changes. */
export const ChartBody = memo(function ChartBody(props: ChartBodyProps): JSX.Element {
  const { series, marks, range, scale, height, tokens, formatValue, geometry, title } = props;
  const rows = useMemo(() => chartRows(series, scale), [series, scale]);
  const values = useMemo(
    () =>
      valueAxis(valueExtent(series, scale) ?? [1, 2], scale, Math.max(2, Math.floor(height / PX_PER_TICK))),
    [series, scale, height],
  );
  const steps = useMemo(
    () => stepAxis(range.from, range.to, height < LOW_PX ? FEW_STEP_TICKS : STEP_TICKS),
    [range, height],
  );
  const tick = { fontSize: 12, fill: tokens.dimmed };
  const dots = series.filter((one) => one.shape === 'dots');
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart data={rows} margin={MARGIN} accessibilityLayer title={title}>
        <CartesianGrid stroke={tokens.line} strokeOpacity={0.7} vertical={false} />
        <XAxis
          dataKey="step"
          type="number"
          domain={[...steps.domain]}
          ticks={[...steps.ticks]}
          allowDataOverflow
          tick={tick}
          stroke={tokens.line}
          tickFormatter={formatStep}
          height={24}
        />
        <YAxis
          width={VALUE_AXIS_PX}
          scale={scale}
          domain={[...values.domain]}
          ticks={[...values.ticks]}
          allowDataOverflow
          interval={0}
          tick={tick}
          stroke={tokens.line}
          tickFormatter={formatValue}
        />
        {series.map((one, index) =>
          (one.buckets?.length ?? 0) === 0 ? null : (
            <Area
              key={`b${one.id}`}
              dataKey={`b${index}`}
              stroke="none"
              fill={one.colour}
              fillOpacity={0.18}
              connectNulls
              isAnimationActive={false}
              activeDot={false}
              tooltipType="none"
            />
          ),
        )}
        {series.map((one, index) => {
          if (one.shape === 'dots') return null;
          const isFaint = one.smoothed !== undefined && one.smoothed.length > 0;
          return (
            <Line
              key={`v${one.id}`}
              dataKey={`v${index}`}
              type="linear"
              stroke={one.colour}
              strokeOpacity={isFaint ? 0.35 : 1}
              strokeWidth={isFaint ? 1 : 1.5}
              {...(one.dashed === true ? { strokeDasharray: '5 4' } : {})}
              dot={one.points.length === 1 ? { r: 2, fill: one.colour } : false}
              activeDot={false}
              connectNulls
              isAnimationActive={false}
            />
          );
        })}
        {series.map((one, index) =>
          one.smoothed === undefined || one.smoothed.length === 0 ? null : (
            <Line
              key={`s${one.id}`}
              dataKey={`s${index}`}
              type="linear"
              stroke={one.colour}
              strokeWidth={2}
              {...(one.dashed === true ? { strokeDasharray: '5 4' } : {})}
              dot={false}
              activeDot={{ r: 3 }}
              connectNulls
              isAnimationActive={false}
            />
          ),
        )}
        {dots.length > 0 && <DotLayer series={dots} />}
        {marks.length > 0 && <MarkLayer marks={marks} colour={tokens.dimmed} />}
        <PlotProbe geometry={geometry} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: tokens.dimmed, strokeDasharray: '3 3' }}
          content={({ active, label }) =>
            active && label !== undefined ? (
              <ChartTooltip step={Number(label)} series={series} marks={marks} formatValue={formatValue} />
            ) : null
          }
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
});
