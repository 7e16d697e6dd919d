import { useMemo, useState, type ReactElement } from 'react';

import { SegmentedControl, Slider, Text, useComputedColorScheme } from '@mantine/core';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { rawCurves } from '../../api/raw-curves.ts';
import { bytesParts, formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { seriesColour } from '../../theme/tokens.ts';
import { chartCsv } from '../../ui/line-chart/chart-csv.ts';
import type { ChartMark, ChartSeries, StepRange, ValueScale } from '../../ui/line-chart/chart-series.ts';
import { LineChart } from '../../ui/line-chart/line-chart.tsx';
import type { Curve } from './carry-on.ts';
import { CURVE_KEYS, type CurveKey, type LiveRun } from './run-frames.ts';
import classes from './run.module.css';
import { useCurves } from './use-curves.ts';

const SMALL_KEYS = ['learningRate', 'gradNorm', 'tokensPerSecond', 'peakBytes'] as const;
const LOSS_HEIGHT_PX = 236;
const SMALL_HEIGHT_PX = 98;
const FIRST_SMOOTHING = 0.9;

const FORMATS: Partial<Record<CurveKey, (value: number) => string>> = {
  learningRate: (value) => (value === 0 ? '0' : value.toExponential(1)),
  tokensPerSecond: (value) => formatNumber(value),
  peakBytes: (value) => {
    const { value: figure, unit } = bytesParts(value);
    return `${figure} ${unit}`;
  },
};

/** The curves of a run. All of them show the same steps; zooming one zooms all. */
export function RunCharts({
  run,
  live,
}: Readonly<{ run: RunSummary; live: LiveRun | undefined }>): ReactElement {
  const words = useWords('run');
  const scheme = useComputedColorScheme('light');
  const [zoom, setZoom] = useState<StepRange | undefined>(undefined);
  const [scale, setScale] = useViewMemory<ValueScale>('run.scale', 'linear');
  const [smoothing, setSmoothing] = useViewMemory('run.smoothing', FIRST_SMOOTHING);
  const [sliding, setSliding] = useState(smoothing);
  const curves = useCurves(run.id, live, { keys: CURVE_KEYS, range: zoom, smoothing });

  const range = useMemo(
    () => zoom ?? { from: 0, to: Math.max(run.steps ?? run.step, 1) },
    [zoom, run.steps, run.step],
  );
  const lossSeries = useMemo(
    () => [
      toSeries('loss', words('curve.loss'), curves.loss, seriesColour(0, scheme), smoothing > 0),
      {
        ...toSeries('evalLoss', words('curve.evalLoss'), curves.evalLoss, seriesColour(1, scheme), false),
        shape: 'dots' as const,
      },
    ],
    [curves.loss, curves.evalLoss, scheme, smoothing, words],
  );
  const marks = useMemo<ChartMark[]>(
    () => [
      ...(live?.checkpoints ?? []).map(({ step }) => ({ kind: 'checkpoint' as const, step })),
      ...[...new Set((live?.samples ?? []).map(({ step }) => step))].map((step) => ({
        kind: 'sample' as const,
        step,
      })),
    ],
    [live?.checkpoints, live?.samples],
  );
  const csvOf = (keys: readonly CurveKey[]) => async (): Promise<string> => {
    const raw = await rawCurves(run.id, keys, run.step);
    return chartCsv(keys.map((key, at) => ({ label: key, points: raw[at] ?? [] })));
  };
  const shared = { range, onZoom: setZoom, isZoomed: zoom !== undefined, emptySentence: words('noPoints') };
  return (
    <div className={classes['charts']}>
      <LineChart
        {...shared}
        title={`${run.name} · ${words('curve.loss')}`}
        heading={words('curve.loss')}
        series={lossSeries}
        marks={marks}
        scale={scale}
        height={LOSS_HEIGHT_PX}
        csv={csvOf(['loss', 'evalLoss'])}
        controls={
          <>
            <Text fz="xs" c="dimmed" id="smoothing">
              {words('smoothing')}
            </Text>
            <Slider
              w={90}
              size="xs"
              min={0}
              max={0.99}
              step={0.01}
              value={sliding}
              onChange={setSliding}
              onChangeEnd={setSmoothing}
              label={(value) => value.toFixed(2)}
              thumbLabel={words('smoothing')}
            />
            <SegmentedControl
              size="xs"
              aria-label={words('scale.label')}
              value={scale}
              onChange={(value) => setScale(value)}
              data={[
                { value: 'linear', label: words('scale.linear') },
                { value: 'log', label: words('scale.log') },
              ]}
            />
          </>
        }
      />
      <div className={classes['small']}>
        {SMALL_KEYS.map((key, at) => (
          <SmallChart
            key={key}
            {...shared}
            title={`${run.name} · ${words(`curve.${key}`)}`}
            heading={words(`curve.${key}`)}
            curve={curves[key]}
            colour={seriesColour(at + 2, scheme)}
            id={key}
            csv={csvOf([key])}
          />
        ))}
      </div>
    </div>
  );
}

type SmallChartProps = Readonly<{
  id: CurveKey;
  title: string;
  heading: string;
  curve: Curve;
  colour: string;
  range: StepRange;
  isZoomed: boolean;
  emptySentence: string;
  onZoom: (range: StepRange | undefined) => void;
  csv: () => Promise<string>;
}>;

function SmallChart({ id, curve, colour, heading, ...chart }: SmallChartProps): ReactElement {
  const series = useMemo(() => [toSeries(id, heading, curve, colour, false)], [id, heading, curve, colour]);
  const format = FORMATS[id];
  return (
    <LineChart
      {...chart}
      heading={heading}
      series={series}
      height={SMALL_HEIGHT_PX}
      {...(format === undefined ? {} : { formatValue: format })}
    />
  );
}

function toSeries(id: string, label: string, curve: Curve, colour: string, isSmoothed: boolean): ChartSeries {
  const { points, buckets, smoothed } = curve;
  return { id, label, colour, points, buckets, ...(isSmoothed ? { smoothed } : {}) };
}
