import { memo, useCallback, useDeferredValue, useEffect, useMemo, useState, type ReactElement } from 'react';

import { Anchor, Button, Group, Switch, Text, Title, useComputedColorScheme } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import { settingsDifference } from '../../../electron/shared/domain/settings-difference.ts';
import { rawCurves } from '../../api/raw-curves.ts';
import { formatLoss, formatNumber } from '../../i18n/format.ts';
import { settingLabel, useSettingWords, valueText } from '../../i18n/setting-words.ts';
import { useWords } from '../../i18n/use-words.ts';
import { assignOrders, rememberOrders, useRunOrders } from '../../state/run-colours.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { seriesColour } from '../../theme/tokens.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { chartCsv } from '../../ui/line-chart/chart-csv.ts';
import type { ChartSeries, StepRange, ValueScale } from '../../ui/line-chart/chart-series.ts';
import { CurveControls } from '../../ui/line-chart/curve-controls.tsx';
import { LineChart } from '../../ui/line-chart/line-chart.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import classes from './runs.module.css';
import { useRunCurves, useRunDetails, type ComparedCurves } from './use-compared.ts';

const KEYS = ['loss', 'evalLoss', 'gradNorm', 'tokensPerSecond'] as const;
type Key = (typeof KEYS)[number];

/** Up to four runs on the same charts, and the settings in which they differ. */
export function CompareView({ ids }: Readonly<{ ids: readonly string[] }>): ReactElement {
  const words = useWords('runs');
  const shows = useRunDetails(ids);
  const found = shows.flatMap((show) => show.data ?? []);
  // The same list while the same answers are in it: the charts are drawn anew only when it changes.
  const [runs, setRuns] = useState<readonly RunDetail[]>(found);
  if (runs.length !== found.length || found.some((run, at) => run !== runs[at])) setRuns(found);
  const failed = shows.find((show) => show.error !== null && show.data === undefined);
  return (
    <div className={classes['screen']}>
      <Group gap="sm">
        <Button
          component={Link}
          to="/runs"
          variant="default"
          leftSection={<IconArrowLeft size={16} aria-hidden />}
        >
          {words('compare.back')}
        </Button>
        <Title order={1} fz="lg">
          {words('compare.title', { count: ids.length })}
        </Title>
      </Group>
      {failed !== undefined && <ErrorNote error={failed.error} onRetry={() => void failed.refetch()} />}
      {runs.length < ids.length && failed === undefined ? (
        <Skeletons rows={8} height={28} />
      ) : (
        <Compared runs={runs} />
      )}
    </div>
  );
}

function Compared({ runs }: Readonly<{ runs: readonly RunDetail[] }>): ReactElement {
  const scheme = useComputedColorScheme('light');
  const known = useRunOrders();
  const [zoom, setZoom] = useState<StepRange | undefined>(undefined);
  const [scale, setScale] = useViewMemory<ValueScale>('compare.scale', 'linear');
  const [smoothing, setSmoothing] = useViewMemory('compare.smoothing', 0.9);
  const ids = runs.map((run) => run.id);
  const orders = assignOrders(known, ids);
  const colourOf = (id: string): string => seriesColour(orders[id] ?? 0, scheme);
  const joined = ids.join();
  // A comparison that was opened by its address has its colours from here.
  useEffect(() => rememberOrders(joined.split(',')), [joined]);
  const curves = useRunCurves(ids, { keys: KEYS, smoothing, range: zoom });
  // The chart that a person has in hand is drawn first; the others follow when nothing waits.
  const curvesLater = useDeferredValue(curves);
  const [steered, setSteered] = useState<Key>('loss');
  const steer = useCallback((key: Key, range: StepRange | undefined): void => {
    setSteered(key);
    setZoom(range);
  }, []);
  const last = Math.max(1, ...runs.map((run) => run.steps ?? run.step));
  const colours = ids.map(colourOf).join();
  return (
    <>
      <div className={classes['charts']}>
        {KEYS.map((key) => (
          <div key={key} className={key === 'loss' ? classes['wide'] : undefined}>
            <CompareChart
              metric={key}
              runs={runs}
              curves={key === steered ? curves : curvesLater}
              colours={colours}
              last={last}
              onZoom={steer}
              isZoomed={zoom !== undefined}
              scale={key === 'loss' ? scale : 'linear'}
              controls={
                key === 'loss' ? (
                  <CurveControls
                    smoothing={smoothing}
                    onSmoothing={setSmoothing}
                    scale={scale}
                    onScale={setScale}
                  />
                ) : undefined
              }
            />
          </div>
        ))}
      </div>
      <Difference runs={runs} colourOf={colourOf} />
    </>
  );
}

type CompareChartProps = Readonly<{
  metric: Key;
  runs: readonly RunDetail[];
  curves: ComparedCurves;
  /** Of the runs in their order, joined: a text stays the same while nothing in it changes. */
  colours: string;
  /** The last step of the longest run. */
  last: number;
  onZoom: (metric: Key, range: StepRange | undefined) => void;
  isZoomed: boolean;
  scale: ValueScale;
  controls: ReactElement | undefined;
}>;

const CompareChart = memo(function CompareChart({
  metric,
  runs,
  curves: { answers, range: answered },
  colours,
  last,
  onZoom,
  controls,
  ...chart
}: CompareChartProps): ReactElement {
  const words = useWords('runs');
  const series = useMemo(() => {
    const colourOf = colours.split(',');
    return runs.map((run, at): ChartSeries => {
      const found = answers[at]?.series.find((one) => one.key === metric);
      return {
        id: run.id,
        label: run.name,
        colour: colourOf[at] ?? '',
        points: found?.points ?? [],
        ...(metric === 'evalLoss' ? {} : { buckets: found?.buckets ?? [], smoothed: found?.smoothed ?? [] }),
      };
    });
  }, [runs, answers, colours, metric]);
  const range = useMemo(() => answered ?? { from: 0, to: last }, [answered, last]);
  const zoom = useCallback((wanted: StepRange | undefined) => onZoom(metric, wanted), [onZoom, metric]);
  const csv = async (): Promise<string> => {
    const raw = await Promise.all(runs.map((run) => rawCurves(run.id, [metric], run.step)));
    return chartCsv(runs.map((run, at) => ({ label: `${run.name} ${metric}`, points: raw[at]?.[0] ?? [] })));
  };
  return (
    <LineChart
      {...chart}
      title={words(`metric.${metric}`)}
      series={series}
      range={range}
      onZoom={zoom}
      csv={csv}
      height={metric === 'loss' ? 280 : 160}
      emptySentence={words('compare.noPoints')}
      {...(controls === undefined ? {} : { controls })}
    />
  );
});

function Difference({
  runs,
  colourOf,
}: Readonly<{ runs: readonly RunDetail[]; colourOf: (id: string) => string }>): ReactElement {
  const words = useWords('runs');
  const settingWords = useSettingWords();
  const [onlyDifferent, setOnlyDifferent] = useState(true);
  const rows = useMemo(() => settingsDifference(runs.map((run) => run.recipe)), [runs]);
  const results = [
    { id: 'loss', of: (run: RunDetail) => formatLoss(run.loss) },
    { id: 'evalLoss', of: (run: RunDetail) => formatLoss(run.evalLoss) },
    { id: 'bestEvalLoss', of: (run: RunDetail) => formatLoss(run.bestEvalLoss) },
    { id: 'step', of: (run: RunDetail) => `${formatNumber(run.step)} / ${formatNumber(run.steps)}` },
  ];
  return (
    <Panel
      title={words('compare.settings')}
      actions={
        <Switch
          checked={onlyDifferent}
          onChange={(event) => setOnlyDifferent(event.currentTarget.checked)}
          label={words('compare.onlySettings')}
        />
      }
    >
      <div style={{ overflowX: 'auto' }}>
        <table className={classes['table']}>
          <thead>
            <tr>
              <th scope="col">{words('compare.setting')}</th>
              {runs.map((run) => (
                <th key={run.id} scope="col">
                  <Group gap={6} wrap="nowrap">
                    <span
                      className={classes['swatch']}
                      style={{ background: colourOf(run.id) }}
                      aria-hidden
                    />
                    <Anchor component={Link} to={`/runs/${run.id}`}>
                      {run.name}
                    </Anchor>
                    <StateBadge state={run.state} />
                  </Group>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {!onlyDifferent &&
              results.map(({ id, of }) => (
                <tr key={id}>
                  <td>{words(`column.${id}`)}</td>
                  {runs.map((run) => (
                    <td key={run.id}>{of(run)}</td>
                  ))}
                </tr>
              ))}
            {rows.map(({ path, values }) => (
              <tr key={path}>
                <td>
                  {settingLabel(path, settingWords)} <code className={classes['path']}>{path}</code>
                </td>
                {values.map((value, at) => (
                  <td key={runs[at]?.id ?? at}>{valueText(value, path, settingWords)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && (
          <Text c="dimmed" p="sm">
            {words('compare.same')}
          </Text>
        )}
      </div>
    </Panel>
  );
}
