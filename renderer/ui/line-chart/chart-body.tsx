import { memo, useMemo, type JSX, type RefObject } from 'react';

import { CartesianGrid, ComposedChart, ResponsiveContainer, XAxis, YAxis } from 'recharts';

import { formatNumber } from '../../i18n/format.ts';
import type { Tokens } from '../../theme/tokens.ts';
import { stepAxis, valueAxis } from './axis-ticks.ts';
import { DotLayer, MarkLayer, PlotProbe, type PlotGeometry } from './chart-layers.tsx';
import type { ChartMark, ChartSeries, StepRange, ValueScale } from './chart-series.ts';
import { CurveLayer } from './curve-layer.tsx';
import { valueExtent } from './curve-shape.ts';

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

// With one argument: recharts hands over a second.
const formatStep = (step: number): string => formatNumber(step);

/** The drawing alone; it is made anew only when what it draws changes. */
export const ChartBody = memo(function ChartBody(props: ChartBodyProps): JSX.Element {
  const { series, marks, range, scale, height, tokens, formatValue, geometry, title } = props;
  const values = useMemo(
    () =>
      valueAxis(valueExtent(series, scale) ?? [1, 2], scale, Math.max(2, Math.floor(height / PX_PER_TICK))),
    [series, scale, height],
  );
  const steps = useMemo(
    () => stepAxis(range.from, range.to, height < LOW_PX ? FEW_STEP_TICKS : STEP_TICKS),
    [range, height],
  );
  // The axes have their ends and ticks from here: recharts needs no data to place them.
  const axes = useMemo(() => {
    const tick = { fontSize: 12, fill: tokens.dimmed };
    return { tick, stepDomain: [...steps.domain], valueDomain: [...values.domain] };
  }, [steps, values, tokens]);
  const dots = useMemo(() => series.filter((one) => one.shape === 'dots'), [series]);
  return (
    <ResponsiveContainer width="100%" height={height}>
      <ComposedChart margin={MARGIN} accessibilityLayer={false} title={title}>
        <CartesianGrid stroke={tokens.line} strokeOpacity={0.7} vertical={false} />
        <XAxis
          dataKey="step"
          type="number"
          domain={axes.stepDomain}
          ticks={steps.ticks}
          allowDataOverflow
          tick={axes.tick}
          stroke={tokens.line}
          tickFormatter={formatStep}
          height={24}
        />
        <YAxis
          width={VALUE_AXIS_PX}
          type="number"
          scale={scale}
          domain={axes.valueDomain}
          ticks={values.ticks}
          allowDataOverflow
          interval={0}
          tick={axes.tick}
          stroke={tokens.line}
          tickFormatter={formatValue}
        />
        <CurveLayer series={series} scale={scale} />
        {dots.length > 0 && <DotLayer series={dots} />}
        {marks.length > 0 && <MarkLayer marks={marks} colour={tokens.dimmed} />}
        <PlotProbe geometry={geometry} />
      </ComposedChart>
    </ResponsiveContainer>
  );
});
