import { useEffect, useMemo, useRef, useState, type JSX, type ReactNode } from 'react';

import { Group, Modal, Text, Title, useComputedColorScheme } from '@mantine/core';

import { useWords } from '../../i18n/use-words.ts';
import { DARK, LIGHT } from '../../theme/tokens.ts';
import { ErrorNote } from '../error-note.tsx';
import { Skeletons } from '../skeletons.tsx';
import { ChartBody } from './chart-body.tsx';
import type { LegendEntry } from './chart-file.ts';
import type { PlotGeometry } from './chart-layers.tsx';
import type { ChartMark, ChartSeries, StepRange, ValueScale } from './chart-series.ts';
import { ChartTools, type ChartExports } from './chart-tools.tsx';
import classes from './line-chart.module.css';
import { PlotFrame } from './plot-frame.tsx';

export type LineChartProps = Readonly<{
  /** Names the chart and its files. */
  title: string;
  /** Stands over the chart; without it the title. */
  heading?: string;
  /** What is drawn; keep the array itself while nothing in it changes. */
  series: readonly ChartSeries[];
  marks?: readonly ChartMark[];
  /** Steps shown; without it those of the curves. */
  range?: StepRange;
  /** Asks for other steps; without it the chart cannot be zoomed. */
  onZoom?: (range: StepRange | undefined) => void;
  isZoomed?: boolean;
  scale?: ValueScale;
  height?: number;
  formatValue?: (value: number) => string;
  /** Switches and sliders in the head. */
  controls?: ReactNode;
  /** The figures as a file; without it what is drawn. */
  csv?: () => Promise<string>;
  /** Said in place of an empty chart. */
  emptySentence: string;
  /** The first answer is on its way. */
  isLoading?: boolean;
  /** Why there is nothing to draw. */
  error?: unknown;
  onRetry?: () => void;
}>;

const NO_MARKS: readonly ChartMark[] = [];
const FULL_HEIGHT_PX = 560;

const PLAIN = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 });

const plainValue = (value: number): string => {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace('e+', 'e');
  return PLAIN.format(Number(value.toPrecision(4)));
};

/** A chart over steps in a panel of its own, exportable from its corner. */
export function LineChart(props: LineChartProps): JSX.Element {
  const { title, series, onZoom, controls, isZoomed = false, height = 200 } = props;
  const words = useWords('chart');
  const scheme = useComputedColorScheme('light');
  const tokens = scheme === 'dark' ? DARK : LIGHT;
  const [isFull, setFull] = useState(false);
  const drawn = useRef<HTMLDivElement>(null);
  const range = useRange(props);
  const isEmpty = series.every((one) => one.points.length === 0);
  const marks = props.marks ?? NO_MARKS;
  const legend: LegendEntry[] = series
    .filter((one) => one.points.length > 0)
    .map((one) => ({
      label: one.label,
      colour: one.colour,
      shape: one.shape === 'dots' ? 'dots' : one.dashed === true ? 'dashes' : 'line',
    }));

  const exported = useRef<ChartExports>({ title, legend, series, csv: props.csv, tokens });
  useEffect(() => {
    exported.current = { title, legend, series, csv: props.csv, tokens };
  });
  const tools = (
    <Group gap={4} wrap="nowrap">
      {controls}
      <ChartTools {...{ title, isZoomed, onZoom, isFull, setFull, exported, drawn }} />
    </Group>
  );
  const plot = (px: number): JSX.Element => (
    <ChartFrame
      {...{ title, marks, range, tokens, series }}
      height={px}
      scale={props.scale ?? 'linear'}
      formatValue={props.formatValue ?? plainValue}
      onZoom={onZoom}
    />
  );
  const content = (px: number): JSX.Element => (
    <div ref={drawn}>
      {isEmpty ? (
        <div className={classes['empty']} style={{ minHeight: px }}>
          <Instead {...props} />
        </div>
      ) : (
        plot(px)
      )}
      {legend.length > 1 && <Legend entries={legend} marks={marks} />}
    </div>
  );
  return (
    <section className={classes['panel']} aria-label={title}>
      <div className={classes['head']}>
        <Title order={3} fz={13} fw={600}>
          {props.heading ?? title}
        </Title>
        {!isFull && tools}
      </div>
      {isFull ? <div style={{ height }} /> : content(height)}
      {isFull && (
        <Modal
          closeButtonProps={{ 'aria-label': words('close') }}
          opened
          onClose={() => setFull(false)}
          title={title}
          size="92%"
          centered
        >
          <div className={classes['full']}>{tools}</div>
          {content(FULL_HEIGHT_PX)}
        </Modal>
      )}
    </section>
  );
}

/** In place of curves: the shape of what is on its way, what went wrong, or what will be here. */
function Instead({ isLoading = false, error, onRetry, emptySentence }: LineChartProps): JSX.Element {
  if (error !== undefined) return <ErrorNote error={error} onRetry={onRetry} />;
  if (isLoading) {
    return (
      <div className={classes['waiting']}>
        <Skeletons rows={3} height={10} />
      </div>
    );
  }
  return <Text c="dimmed">{emptySentence}</Text>;
}

function useRange({ range, series }: LineChartProps): StepRange {
  const own = useMemo(() => {
    const steps = series.flatMap(({ points }) => [points[0]?.step, points.at(-1)?.step]);
    const known = steps.filter((step) => step !== undefined);
    return known.length === 0 ? { from: 0, to: 1 } : { from: Math.min(...known), to: Math.max(...known) };
  }, [series]);
  return range ?? own;
}

type ChartFrameProps = Omit<Parameters<typeof ChartBody>[0], 'geometry'> &
  Readonly<{ onZoom: ((range: StepRange | undefined) => void) | undefined }>;

function ChartFrame({ onZoom, ...body }: ChartFrameProps): JSX.Element {
  const geometry = useRef<PlotGeometry | undefined>(undefined);
  return (
    <PlotFrame {...body} geometry={geometry} onZoom={onZoom}>
      <ChartBody {...body} geometry={geometry} />
    </PlotFrame>
  );
}

function Legend({
  entries,
  marks,
}: Readonly<{
  entries: readonly LegendEntry[];
  marks: readonly ChartMark[];
}>): JSX.Element {
  const words = useWords('chart');
  return (
    <div className={classes['legend']}>
      {entries.map((entry) => (
        <span key={entry.label} className={classes['entry']}>
          {entry.shape === 'dots' ? (
            <span style={{ color: entry.colour }} aria-hidden>
              ▲
            </span>
          ) : (
            <span
              className={classes['line']}
              style={{ borderTop: `2px ${entry.shape === 'dashes' ? 'dashed' : 'solid'} ${entry.colour}` }}
              aria-hidden
            />
          )}
          {entry.label}
        </span>
      ))}
      {(['checkpoint', 'sample'] as const).map(
        (kind) =>
          marks.some((mark) => mark.kind === kind) && (
            <span key={kind} className={classes['entry']}>
              <span className={classes['aside']} aria-hidden>
                {kind === 'checkpoint' ? '◆' : '○'}
              </span>
              {words(kind)}
            </span>
          ),
      )}
    </div>
  );
}
