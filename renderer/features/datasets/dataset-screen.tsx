import { Anchor, Button, Group, Stack, Tabs, Text, Title } from '@mantine/core';
import { usePrefetchQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { Link, useNavigate, useParams } from 'react-router';

import { readDraft } from '../../../electron/shared/domain/recipes/recipe-draft.ts';
import { useReveal } from '../../api/desktop-host.ts';
import { useAction, useCall, type OutputOf } from '../../api/hooks.ts';
import { firstPageQuery } from '../../api/use-paged-rows.ts';
import { restoreFromTrash } from '../../api/restore.ts';
import { useJob } from '../../api/use-job.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useDraft } from '../../state/drafts.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { showUndo } from '../../ui/undo-note.tsx';
import { Equation, type EquationPart } from './equation.tsx';
import { ProblemsTab } from './problems-tab.tsx';
import { RowsTab } from './rows-tab.tsx';
import { SourcesTab } from './sources-tab.tsx';
import { StatisticsTab } from './statistics-tab.tsx';

type Dataset = OutputOf<'datasets.show'>;

/** One dataset: its equation, rows, problems, token statistics and sources. */
export function DatasetScreen(): ReactElement {
  const { id = '' } = useParams();
  const words = useWords('datasets');
  const dataset = useCall('datasets.show', { dataset: id });
  // Its rows are asked for beside it, not after it. A dataset that is not ready refuses, which is told below.
  usePrefetchQuery(firstPageQuery('datasets.rows', { dataset: id, split: 'all', search: '' }));
  return (
    <Stack gap="md" p="lg" maw={1480}>
      <Anchor component={Link} to="/datasets" fz="sm">
        {words('detail.back')}
      </Anchor>
      {dataset.isPending && <Skeletons rows={8} />}
      {dataset.error !== null && <ErrorNote error={dataset.error} onRetry={() => void dataset.refetch()} />}
      {dataset.data !== undefined && (
        <Detail key={dataset.data.id} dataset={dataset.data} onChanged={() => void dataset.refetch()} />
      )}
    </Stack>
  );
}

function Detail({ dataset, onChanged }: Readonly<{ dataset: Dataset; onChanged: () => void }>): ReactElement {
  const [tab, setTab] = useState('rows');
  const [part, setPart] = useState<EquationPart>('all');
  const words = useWords('datasets');
  const { counts } = dataset;
  return (
    <>
      <Header dataset={dataset} />
      {dataset.state === 'importing' && <Importing jobId={dataset.jobId} onEnd={onChanged} />}
      {dataset.state === 'failed' && dataset.error !== undefined && <ErrorNote error={dataset.error} />}
      {counts !== undefined && (
        <>
          <Equation
            counts={counts}
            reasons={dataset.excludedReasons}
            selected={tab === 'rows' ? part : undefined}
            onOpen={(opened) => {
              setPart(opened);
              setTab('rows');
            }}
            onOpenUnreadable={() => setTab('problems')}
          />
          <Tabs value={tab} onChange={(next) => setTab(next ?? 'rows')} keepMounted={false}>
            <Tabs.List>
              <Tabs.Tab value="rows">{words('tabs.rows')}</Tabs.Tab>
              <Tabs.Tab value="problems">
                {words('tabs.problems', {
                  count: formatNumber(dataset.problemCounts.reduce((sum, one) => sum + one.count, 0)),
                })}
              </Tabs.Tab>
              <Tabs.Tab value="statistics">{words('tabs.statistics')}</Tabs.Tab>
              <Tabs.Tab value="sources">{words('tabs.sources')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="rows" pt="md">
              <RowsTab datasetId={dataset.id} part={part} onPart={setPart} />
            </Tabs.Panel>
            <Tabs.Panel value="problems" pt="md">
              <ProblemsTab datasetId={dataset.id} counts={dataset.problemCounts} />
            </Tabs.Panel>
            <Tabs.Panel value="statistics" pt="md">
              <StatisticsTab datasetId={dataset.id} stored={dataset.statistics} />
            </Tabs.Panel>
            <Tabs.Panel value="sources" pt="md">
              <SourcesTab sources={dataset.sources} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </>
  );
}

function Header({ dataset }: Readonly<{ dataset: Dataset }>): ReactElement {
  const words = useWords('datasets');
  const navigate = useNavigate();
  const remove = useAction('datasets.remove', { changes: ['storage'] });
  const draft = useDraft('new-run');
  const reveal = useReveal();
  const onRemoved = ({ trashId }: OutputOf<'datasets.remove'>): void => {
    void navigate('/datasets');
    if (trashId === undefined) return;
    showUndo({
      id: `removed-${dataset.id}`,
      title: words('common:trash.removed', { name: dataset.name }),
      message: words('common:trash.kept'),
      closeLabel: words('common:close'),
      onUndo: () => restoreFromTrash(trashId),
    });
  };
  const trainOnThis = (): void => {
    const { presetId, changes } = readDraft(draft.value);
    draft.save({ presetId, changes: { ...changes, dataset: dataset.id } });
    void navigate('/new');
  };
  return (
    <>
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Title order={1}>{dataset.name}</Title>
          <StateBadge state={dataset.state} />
        </Group>
        <Group gap="xs">
          <RevealButton path={dataset.path} reveal={reveal} />
          <ConfirmButton
            question={words('detail.removeQuestion', { name: dataset.name })}
            consequence={words('detail.removeConsequence')}
            confirm={words('detail.remove')}
            loading={remove.isPending}
            onConfirm={() => remove.mutate({ dataset: dataset.id }, { onSuccess: onRemoved })}
          >
            {words('detail.remove')}
          </ConfirmButton>
          <Button disabled={dataset.state !== 'ready'} onClick={trainOnThis}>
            {words('detail.train')}
          </Button>
        </Group>
      </Group>
      {remove.error !== null && <ErrorNote error={remove.error} />}
    </>
  );
}

function Importing({
  jobId,
  onEnd,
}: Readonly<{ jobId: string | undefined; onEnd: () => void }>): ReactElement {
  const words = useWords('datasets');
  const { progress } = useJob(jobId, onEnd);
  const fraction =
    progress === undefined || progress.total === null || progress.total === 0
      ? undefined
      : progress.done / progress.total;
  return (
    <Panel>
      <Text mb={6} aria-live="polite">
        {words('detail.importing', { percent: Math.round((fraction ?? 0) * 100) })}
      </Text>
      <ProgressBar fraction={fraction} label={words('detail.importingLabel')} />
    </Panel>
  );
}
