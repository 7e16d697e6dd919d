import { Button, Group, NumberInput, Select, Stack, Table, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconChartBar } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { JobView } from '../../../electron/shared/contract/methods/jobs.ts';
import {
  tokenStatisticsSchema,
  type TokenStatistics,
} from '../../../electron/shared/domain/recipes/token-facts.ts';
import { isUsable, TRAINABLE_KINDS } from '../../../electron/shared/domain/model-kinds.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { useJob } from '../../api/use-job.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import classes from './statistics-tab.module.css';

export type StatisticsTabProps = Readonly<{
  datasetId: string;
  stored: readonly Readonly<{
    key: string;
    createdAtMs: number;
    value: Readonly<Record<string, unknown>>;
  }>[];
}>;

const DEFAULT_CUTOFF = 2048;

/** Token lengths with a model's own tokenizer and template. */
export function StatisticsTab({ datasetId, stored }: StatisticsTabProps): ReactElement {
  const words = useWords('datasets');
  const queries = useQueryClient();
  const models = useCall('models.list', { kinds: [...TRAINABLE_KINDS], limit: 500 });
  const start = useAction('datasets.statistics');
  const [model, setModel] = useState<string | null>(null);
  const [cutoff, setCutoff] = useState<number>(DEFAULT_CUTOFF);
  const [jobId, setJobId] = useState<string>();
  const [failed, setFailed] = useState<JobView['error']>();
  const { progress, hasEnded } = useJob(jobId, (job) => {
    setFailed(job.error);
    void queries.invalidateQueries({ queryKey: ['datasets'] });
  });
  const isCounting = jobId !== undefined && !hasEnded;
  const ready = (models.data?.items ?? []).filter(isUsable);
  const chosen = model ?? ready[0]?.id ?? null;
  const known = stored
    .toSorted((left, right) => right.createdAtMs - left.createdAtMs)
    .flatMap(({ key, value }) => {
      const statistics = tokenStatisticsSchema.safeParse(value).data;
      return statistics === undefined ? [] : [{ key, statistics }];
    });
  return (
    <Stack gap="md">
      <Group align="flex-end" gap="sm">
        <Select
          w={320}
          label={words('statistics.model')}
          placeholder={words('statistics.noModel')}
          data={ready.map((one) => ({ value: one.id, label: one.name }))}
          value={chosen}
          onChange={setModel}
        />
        <NumberInput
          w={160}
          label={words('statistics.cutoff')}
          min={16}
          max={1_048_576}
          value={cutoff}
          onChange={(value) => {
            if (typeof value === 'number') setCutoff(value);
          }}
        />
        <Button
          disabled={chosen === null || cutoff < 16}
          loading={start.isPending || isCounting}
          onClick={() => {
            if (chosen === null) return;
            setFailed(undefined);
            start.mutate(
              { dataset: datasetId, model: chosen, cutoffLength: cutoff },
              { onSuccess: (started) => setJobId(started.jobId) },
            );
          }}
        >
          {words('statistics.count')}
        </Button>
      </Group>
      {isCounting && (
        <ProgressBar
          fraction={
            progress === undefined || progress.total === null ? undefined : progress.done / progress.total
          }
          label={words('statistics.count')}
        />
      )}
      {(start.error !== null || failed !== undefined) && <ErrorNote error={failed ?? start.error} />}
      {known.length === 0 && !isCounting && (
        <EmptyState icon={<IconChartBar size={32} stroke={1.5} />} sentence={words('statistics.empty')} />
      )}
      {known.map(({ key, statistics }) => (
        <StatisticsPanel key={key} statistics={statistics} />
      ))}
    </Stack>
  );
}

const FIGURES = ['mean', 'p50', 'p90', 'p99', 'max', 'sum'] as const;
const KINDS = ['promptTokens', 'answerTokens', 'rowTokens'] as const;

function StatisticsPanel({ statistics }: Readonly<{ statistics: TokenStatistics }>): ReactElement {
  const words = useWords('datasets');
  const { template, cutoffLength, overCutoff, padShare, histogram } = statistics;
  const most = Math.max(1, ...histogram.map((bin) => bin.rows));
  return (
    <Panel title={words('statistics.title', { template, cutoff: formatNumber(cutoffLength) })}>
      <div className={classes['split']}>
        <div>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{words('statistics.tokens')}</Table.Th>
                {FIGURES.map((figure) => (
                  <Table.Th key={figure} ta="end">
                    {words(`statistics.${figure}`)}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {KINDS.map((kind) => (
                <Table.Tr key={kind}>
                  <Table.Th scope="row">{words(`statistics.${kind}`)}</Table.Th>
                  {FIGURES.map((figure) => (
                    <Table.Td key={figure} ta="end">
                      {formatNumber(statistics[kind][figure])}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Text mt="sm">
            {words('statistics.over', {
              rows: formatNumber(overCutoff.rows),
              percent: formatNumber(overCutoff.share * 100, 1),
              cut: formatNumber(overCutoff.answersCut),
              lost: formatNumber(overCutoff.answersLost),
            })}
          </Text>
          <Text c="dimmed">
            {words('statistics.padding', { percent: formatNumber(padShare.toLongestOfBatch * 100, 1) })}
          </Text>
        </div>
        <figure className={classes['histogram']} aria-label={words('statistics.histogram')}>
          {histogram
            .filter((bin) => bin.rows > 0)
            .map((bin) => (
              <div key={bin.upTo ?? 'over'} className={classes['bin']}>
                <span>{bin.upTo === null ? words('statistics.longer') : `≤ ${formatNumber(bin.upTo)}`}</span>
                <span className={classes['bar']} style={{ width: `${(bin.rows / most) * 100}%` }} />
                <span>{formatNumber(bin.rows)}</span>
              </div>
            ))}
        </figure>
      </div>
    </Panel>
  );
}
