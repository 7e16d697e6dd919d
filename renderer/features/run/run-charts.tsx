import { memo, useDeferredValue, useMemo, useState, type ReactElement } from 'react';

import { useComputedColorScheme } from '@mantine/core';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { rawCurves } from '../../api/raw-curves.ts';
import { bytesParts, formatNumber } from '../../i18n/format.ts';
import { useWords, type Words } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { seriesColour } from '../../theme/tokens.ts';
import { chartCsv } from '../../ui/line-chart/chart-csv.ts';
import type { ChartMark, ChartSeries, StepRange, ValueScale } from '../../ui/line-chart/chart-series.ts';
import { CurveControls } from '../../ui/line-chart/curve-controls.tsx';
import { LineChart } from '../../ui/line-chart/line-chart.tsx';
import type { Curve } from './carry-on.ts';
import { ReferenceMenu } from './reference-menu.tsx';
import type { CurveKey, LiveRun } from './run-frames.ts';
import classes from './run.module.css';
import { useCurveAnswer } from './use-curves.ts';
import { useReference, type Reference } from './use-reference.ts';

const SMALL_KEYS = ['learningRate', 'gradNorm', 'tokensPerSecond', 'peakBytes'] as const;
const LOSS_KEYS = ['loss', 'evalLoss'] as const;
const LOSS_HEIGHT_PX = 236;
const SMALL_HEIGHT_PX = 98;
/** A small chart is some 250 px wide. */
const SMALL_POINTS = 250;
const FIRST_SMOOTHING = 0.9;
/** The colour of a reference is no curve's of the run. */
const REFERENCE_ORDER = 6;

const FORMATS: Partial<Record<CurveKey, (value: number) => string>> = {
  learningRate: (value) => (value === 0 ? '0' : value.toExponential(1)),
  tokensPerSecond: (value) => formatNumber(value),
  peakBytes: (value) => {
    const { value: figure, unit } = bytesParts(value);
    // The room beside an axis is scarce: 20 GB, not 20.0 GB.
    return `${String(Number(figure))} ${unit}`;
  },
};

/** The curves of a run. All of them show the same steps; zooming one zooms all. */
export function RunCharts({
  run,
  live,
}: Readonly<{ run: RunSummary; live: LiveRun | undefined }>): ReactElement {
  const words = useWords('run');
  const [zoom, setZoom] = useState<StepRange | undefined>(undefined);
  const scheme = useComputedColorScheme('light');
  const small = useCurveAnswer(run.id, live, { keys: SMALL_KEYS, range: zoom, maxPoints: SMALL_POINTS });
  // The loss is what a person has in hand; these follow when nothing waits.
  const curves = useDeferredValue(small.curves);
  const range = useDeferredValue(small.range);
  const whole = useWholeRange(run);
  return (
    <div className={classes['charts']}>
      <LossChart run={run} live={live} zoom={zoom} onZoom={setZoom} />
      <div className={classes['small']}>
        {SMALL_KEYS.map((key, at) => (
          <SmallChart
            key={key}
            id={key}
            title={`${run.name} · ${words(`curve.${key}`)}`}
            heading={words(`curve.${key}`)}
            curve={curves[key]}
            colour={seriesColour(at + 2, scheme)}
            range={range ?? whole}
            onZoom={setZoom}
            isZoomed={range !== undefined}
            emptySentence={words('noPoints')}
            isLoading={small.isLoading}
            error={small.error}
            onRetry={small.retry}
            runId={run.id}
            lastStep={run.step}
          />
        ))}
      </div>
    </div>
  );
}

const useWholeRange = ({ steps, step }: RunSummary): StepRange =>
  useMemo(() => ({ from: 0, to: Math.max(steps ?? step, 1) }), [steps, step]);

type LossChartProps = Readonly<{
  run: RunSummary;
  live: LiveRun | undefined;
  zoom: StepRange | undefined;
  onZoom: (range: StepRange | undefined) => void;
}>;

function LossChart({ run, live, zoom, onZoom }: LossChartProps): ReactElement {
  const words = useWords('run');
  const scheme = useComputedColorScheme('light');
  const [scale, setScale] = useViewMemory<ValueScale>('run.scale', 'linear');
  const [smoothing, setSmoothing] = useViewMemory('run.smoothing', FIRST_SMOOTHING);
  const answer = useCurveAnswer(run.id, live, { keys: LOSS_KEYS, range: zoom, smoothing });
  const whole = useWholeRange(run);
  const range = answer.range ?? whole;
  const reference = useReference(run.id, range, smoothing);
  const { loss, evalLoss } = answer.curves;
  const series = useMemo((): readonly ChartSeries[] => {
    const colourOf = (order: number): string => seriesColour(order, scheme);
    const isSmoothed = smoothing > 0;
    const laidOver = referenceSeries(reference, words, colourOf(REFERENCE_ORDER));
    return [
      ...(laidOver === undefined ? [] : [laidOver]),
      toSeries('loss', words('curve.loss'), loss, colourOf(0), isSmoothed),
      { ...toSeries('evalLoss', words('curve.evalLoss'), evalLoss, colourOf(1), false), shape: 'dots' },
    ];
    // The hook's answer is a new object each time; what is in it is not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [loss, evalLoss, reference.run, reference.curve, scheme, smoothing, words]);
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
  const csv = async (): Promise<string> => {
    const own = await rawCurves(run.id, LOSS_KEYS, run.step);
    const columns = LOSS_KEYS.map((key, at) => ({ label: key, points: own[at] ?? [] }));
    const other = reference.run;
    if (other === undefined) return chartCsv(columns);
    const [points = []] = await rawCurves(other.id, ['loss'], other.step);
    return chartCsv([...columns, { label: words('reference.label', { name: other.name }), points }]);
  };
  return (
    <LineChart
      title={`${run.name} · ${words('curve.loss')}`}
      heading={words('curve.loss')}
      series={series}
      marks={marks}
      range={range}
      onZoom={onZoom}
      isZoomed={zoom !== undefined}
      scale={scale}
      height={LOSS_HEIGHT_PX}
      emptySentence={words('noPoints')}
      isLoading={answer.isLoading}
      error={answer.error}
      onRetry={answer.retry}
      csv={csv}
      controls={
        <>
          <CurveControls smoothing={smoothing} onSmoothing={setSmoothing} scale={scale} onScale={setScale} />
          <ReferenceMenu runId={run.id} reference={reference.id} />
        </>
      }
    />
  );
}

function referenceSeries({ run, curve }: Reference, words: Words, colour: string): ChartSeries | undefined {
  if (run === undefined || curve === undefined) return undefined;
  const { points, smoothed } = curve;
  // One line: where the curve is smoothed, the average alone, so that the run itself stays in front.
  const drawn =
    smoothed.length === 0
      ? points
      : points.map(({ step, value }, at) => ({ step, value: smoothed[at] ?? value }));
  const label = words('reference.label', { name: run.name });
  return { id: 'reference', label, colour, points: drawn, dashed: true };
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
  isLoading: boolean;
  error: unknown;
  onRetry: () => void;
  onZoom: (range: StepRange | undefined) => void;
  runId: string;
  lastStep: number;
}>;

const SmallChart = memo(function SmallChart(props: SmallChartProps): ReactElement {
  const { id, curve, colour, heading, runId, lastStep, ...chart } = props;
  const series = useMemo(() => [toSeries(id, heading, curve, colour, false)], [id, heading, curve, colour]);
  const format = FORMATS[id];
  return (
    <LineChart
      {...chart}
      heading={heading}
      series={series}
      height={SMALL_HEIGHT_PX}
      csv={async () => {
        const [points = []] = await rawCurves(runId, [id], lastStep);
        return chartCsv([{ label: id, points }]);
      }}
      {...(format === undefined ? {} : { formatValue: format })}
    />
  );
});

function toSeries(id: string, label: string, curve: Curve, colour: string, isSmoothed: boolean): ChartSeries {
  const { points, buckets, smoothed } = curve;
  return { id, label, colour, points, buckets, ...(isSmoothed ? { smoothed } : {}) };
}
