import { ActionIcon, Group, Menu, Text, useComputedColorScheme } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMemo, useRef, type ReactElement } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';

import { useWords } from '../i18n/use-words.ts';
import { seriesColour } from '../theme/tokens.ts';
import { saveChartCsv, saveChartPng, saveChartSvg } from './chart-export.ts';
import { bandKey, chartRows, type ChartMarker, type ChartSeries } from './chart-series.ts';
import classes from './line-chart.module.css';

export type LineChartProps = Readonly<{
  /** Names the chart for readers of screens and its exported files. */
  title: string;
  series: readonly ChartSeries[];
  markers?: readonly ChartMarker[];
  height?: number;
  log?: boolean;
  /** First and last step shown; without it all. */
  range?: readonly [number, number];
  /** Called with the steps between which a person dragged. */
  onZoom?: (range: readonly [number, number]) => void;
  formatValue?: (value: number) => string;
  /** Shown in place of curves while there is no point. */
  empty?: string;
  /** Hides the legend (a small chart with one curve). */
  plain?: boolean;
}>;

const MARKER_SIGNS: Readonly<Record<ChartMarker['kind'], string>> = {
  checkpoint: '◆',
  eval: '▲',
  sample: '●',
  attempt: '↻',
};

/** Charts share this much room for the figures of the value axis, so that steps line up between them. */
const AXIS_WIDTH = 56;

const defaultFormat = (value: number): string => {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1);
  return value.toLocaleString('en-US', { maximumFractionDigits: size >= 100 ? 0 : 3 });
};

export function LineChart(props: LineChartProps): ReactElement {
  const { title, series, markers = [], height = 240, log = false, range, onZoom, plain = false } = props;
  const formatValue = props.formatValue ?? defaultFormat;
  const words = useWords('common');
  const scheme = useComputedColorScheme('light');
  const frame = useRef<HTMLDivElement>(null);
  const dragFrom = useRef<number | undefined>(undefined);
  const rows = useMemo(() => chartRows(series, log), [series, log]);
  const colourOf = (one: ChartSeries, order: number): string => one.colour ?? seriesColour(order, scheme);
  const withChart = (work: (chart: SVGSVGElement) => void): void => {
    const chart = frame.current?.querySelector<SVGSVGElement>('svg.recharts-surface');
    if (chart !== null && chart !== undefined) work(chart);
  };
  const stepOf = (label: string | number | undefined): number | undefined => {
    const step = Number(label);
    return label === undefined || !Number.isFinite(step) ? undefined : step;
  };

  return (
    <figure className={classes['figure']} aria-label={title}>
      <Group className={classes['bar'] ?? ''} justify="space-between" wrap="nowrap" gap="xs">
        <Group gap="sm" className={classes['legend'] ?? ''}>
          {!plain &&
            series.map((one, order) => (
              <span key={one.key} className={classes['entry']}>
                <span
                  className={classes['swatch']}
                  data-look={one.look ?? 'line'}
                  style={{ color: colourOf(one, order) }}
                  aria-hidden
                />
                {one.label}
              </span>
            ))}
        </Group>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={words('chart.export', { title })} size="sm">
              <IconDownload size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => withChart((chart) => void saveChartPng(chart, title))}>PNG</Menu.Item>
            <Menu.Item onClick={() => withChart((chart) => saveChartSvg(chart, title))}>SVG</Menu.Item>
            <Menu.Item onClick={() => saveChartCsv(series, title)}>CSV</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      <div ref={frame} style={{ height }} className={classes['plot']}>
        {rows.length === 0 ? (
          <Text c="dimmed" ta="center" pt={height / 2 - 20}>
            {props.empty ?? words('chart.empty')}
          </Text>
        ) : (
          <ResponsiveContainer width="100%" height="100%">
            <ComposedChart
              data={rows as object[]}
              margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
              accessibilityLayer
              {...(onZoom === undefined
                ? {}
                : {
                    onMouseDown: (state) => {
                      dragFrom.current = stepOf(state.activeLabel);
                    },
                    onMouseUp: (state) => {
                      const from = dragFrom.current;
                      const to = stepOf(state.activeLabel);
                      dragFrom.current = undefined;
                      if (from !== undefined && to !== undefined && from !== to)
                        onZoom([Math.min(from, to), Math.max(from, to)]);
                    },
                  })}
            >
              <CartesianGrid stroke="var(--le-line)" vertical={false} />
              <XAxis
                dataKey="step"
                type="number"
                domain={range === undefined ? ['dataMin', 'dataMax'] : [range[0], range[1]]}
                allowDataOverflow={range !== undefined}
                tick={{ fontSize: 12, fill: 'var(--le-dimmed)' }}
                stroke="var(--le-line)"
                tickFormatter={(step: number) => step.toLocaleString('en-US')}
              />
              <YAxis
                width={AXIS_WIDTH}
                scale={log ? 'log' : 'auto'}
                domain={['auto', 'auto']}
                tick={{ fontSize: 12, fill: 'var(--le-dimmed)' }}
                stroke="var(--le-line)"
                tickFormatter={formatValue}
              />
              <Tooltip
                isAnimationActive={false}
                contentStyle={{
                  background: 'var(--le-raised)',
                  border: '1px solid var(--le-line)',
                  borderRadius: 6,
                  fontSize: 12,
                }}
                labelFormatter={(step) => words('chart.step', { step: Number(step).toLocaleString('en-US') })}
                formatter={(value) =>
                  Array.isArray(value)
                    ? value.map((one) => formatValue(Number(one))).join(' … ')
                    : formatValue(Number(value))
                }
              />
              {series.map(
                (one, order) =>
                  (one.buckets?.length ?? 0) > 0 && (
                    <Area
                      key={bandKey(one.key)}
                      dataKey={bandKey(one.key)}
                      name={words('chart.band', { label: one.label })}
                      stroke="none"
                      fill={colourOf(one, order)}
                      fillOpacity={0.16}
                      connectNulls
                      isAnimationActive={false}
                      activeDot={false}
                    />
                  ),
              )}
              {series.map((one, order) => {
                const colour = colourOf(one, order);
                const dots = one.look === 'dots';
                return (
                  <Line
                    key={one.key}
                    dataKey={one.key}
                    name={one.label}
                    stroke={colour}
                    strokeWidth={one.look === 'faint' ? 1 : 2}
                    strokeOpacity={one.look === 'faint' ? 0.35 : 1}
                    {...(one.look === 'dashed' ? { strokeDasharray: '5 4' } : {})}
                    dot={dots ? { r: 3, fill: colour, strokeWidth: 0 } : false}
                    type="linear"
                    connectNulls
                    isAnimationActive={false}
                  />
                );
              })}
              {markers.map((marker) => (
                <ReferenceLine
                  key={`${marker.kind}-${String(marker.step)}`}
                  x={marker.step}
                  stroke="var(--le-dimmed)"
                  strokeDasharray="2 4"
                  strokeOpacity={0.6}
                  label={{
                    value: MARKER_SIGNS[marker.kind],
                    position: 'insideTop',
                    fontSize: 11,
                    fill: 'var(--le-dimmed)',
                  }}
                />
              ))}
            </ComposedChart>
          </ResponsiveContainer>
        )}
      </div>
    </figure>
  );
}
