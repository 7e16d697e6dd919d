import { memo, useMemo, useState, type ReactElement } from 'react';

import { useComputedColorScheme } from '@mantine/core';
import { IconCpu2 } from '@tabler/icons-react';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { rawCurves } from '../../api/raw-curves.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { seriesColour } from '../../theme/tokens.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { chartCsv } from '../../ui/line-chart/chart-csv.ts';
import type { ChartSeries, StepRange } from '../../ui/line-chart/chart-series.ts';
import { LineChart } from '../../ui/line-chart/line-chart.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import classes from './gpu-charts.module.css';
import { GPU_FIGURES, gpuKey, useGpuCurves, type CardCurves, type GpuFigure } from './use-gpu-curves.ts';

const HEIGHT_PX = 150;

type Scale = Readonly<{ factor: number; format: (value: number) => string }>;

/** Drawn in the units of the headings, so that the axis has round figures. */
const SCALES: Readonly<Record<GpuFigure, Scale>> = {
  memoryBytes: { factor: 2 ** -30, format: (value) => formatNumber(value, 1) },
  utilisation: { factor: 100, format: (value) => formatNumber(value) },
  temperature: { factor: 1, format: (value) => formatNumber(value) },
  power: { factor: 1, format: (value) => formatNumber(value) },
};

/** Memory, utilisation, temperature and power of every card over the steps of a run; a line is a card. */
export function GpuCharts({ run }: Readonly<{ run: RunSummary }>): ReactElement {
  return <CardCharts id={run.id} name={run.name} live={isLive(run.state)} steps={run.steps} />;
}

type CardChartsProps = Readonly<{ id: string; name: string; live: boolean; steps: number | undefined }>;

/** A run changes four times a second, its cards every five seconds: nothing here is drawn for the former. */
const CardCharts = memo(function CardCharts({ id, name, live, steps }: CardChartsProps): ReactElement {
  const words = useWords('run');
  const [zoom, setZoom] = useState<StepRange | undefined>(undefined);
  const { cards, error, retry } = useGpuCurves(id, live, zoom);
  const reached = lastStepOf(cards ?? []);
  const range = useMemo(() => zoom ?? { from: 0, to: Math.max(steps ?? reached, 1) }, [zoom, steps, reached]);
  if (error !== null) return <ErrorNote error={error} onRetry={retry} />;
  if (cards === undefined) return <Skeletons rows={6} />;
  if (cards.length === 0) {
    return (
      <EmptyState
        icon={<IconCpu2 size={36} stroke={1.5} />}
        sentence={words(live ? 'gpu.notYet' : 'gpu.never')}
      />
    );
  }
  return (
    <div className={classes['charts']}>
      {GPU_FIGURES.map((figure) => (
        <FigureChart
          key={figure}
          {...{ id, name, figure, cards, range }}
          lastStep={Math.max(reached, steps ?? 0)}
          isZoomed={zoom !== undefined}
          onZoom={setZoom}
        />
      ))}
    </div>
  );
});

const lastStepOf = (cards: readonly CardCurves[]): number =>
  Math.max(
    0,
    ...cards.flatMap(({ figures }) => GPU_FIGURES.map((one) => figures[one].points.at(-1)?.step ?? 0)),
  );

type FigureChartProps = Readonly<{
  id: string;
  name: string;
  /** Of the whole run, however little of it is shown. */
  lastStep: number;
  figure: GpuFigure;
  cards: readonly CardCurves[];
  range: StepRange;
  isZoomed: boolean;
  onZoom: (range: StepRange | undefined) => void;
}>;

function FigureChart({ id, name, lastStep, figure, cards, ...chart }: FigureChartProps): ReactElement {
  const words = useWords('run');
  const scheme = useComputedColorScheme('light');
  const heading = words(`gpu.${figure}`);
  const { factor, format } = SCALES[figure];
  const series = useMemo(
    () =>
      cards.map(({ index, figures }): ChartSeries => {
        const { points, buckets } = figures[figure];
        const label = `GPU${String(index)}`;
        return {
          id: label,
          label,
          colour: seriesColour(index, scheme),
          points: points.map(({ step, value }) => ({ step, value: value * factor })),
          buckets: buckets.map((one) => ({ ...one, min: one.min * factor, max: one.max * factor })),
        };
      }),
    [cards, figure, factor, scheme],
  );
  const csv = async (): Promise<string> => {
    const keys = cards.map(({ index }) => gpuKey(index, figure));
    const raw = await rawCurves(id, keys, lastStep);
    return chartCsv(keys.map((key, at) => ({ label: key, points: raw[at] ?? [] })));
  };
  return (
    <LineChart
      {...chart}
      title={`${name} · ${heading}`}
      heading={heading}
      series={series}
      height={HEIGHT_PX}
      formatValue={format}
      csv={csv}
      emptySentence={words('gpu.untold')}
    />
  );
}
