import { Anchor } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useMemo, type ReactElement } from 'react';
import { Link, useNavigate } from 'react-router';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { formatLoss, formatNumber, formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { DataTable, type DataColumn } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Panel } from '../../ui/panel.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

const HEAD_PX = 33;
const ROW_PX = 32;
const EMPTY_PX = 220;

export function RecentRuns({ runs }: Readonly<{ runs: readonly RunSummary[] }>): ReactElement {
  const words = useWords('home');
  const language = useLanguage();
  const navigate = useNavigate();
  const columns = useMemo(
    (): readonly DataColumn<RunSummary>[] => [
      { id: 'name', header: words('runs.name'), width: 150, cell: (run) => <strong>{run.name}</strong> },
      {
        id: 'state',
        header: words('runs.state'),
        width: 112,
        cell: (run) => (
          <StateBadge
            state={run.state}
            attention={run.attention === undefined ? undefined : words(`common:attention.${run.attention}`)}
          />
        ),
      },
      {
        id: 'step',
        header: words('runs.step'),
        width: 100,
        align: 'end',
        cell: (run) => `${formatNumber(run.step)} / ${formatNumber(run.steps)}`,
      },
      {
        id: 'loss',
        header: words('runs.loss'),
        width: 104,
        align: 'end',
        cell: (run) => formatLoss(run.loss),
      },
      {
        id: 'evalLoss',
        header: words('runs.evalLoss'),
        width: 88,
        align: 'end',
        cell: (run) => formatLoss(run.evalLoss),
      },
      {
        id: 'createdAtMs',
        header: words('runs.created'),
        width: 148,
        cell: (run) => formatTime(run.createdAtMs, language),
      },
    ],
    [words, language],
  );
  return (
    <Panel
      title={words('runs.title')}
      flush
      actions={
        runs.length > 0 && (
          <Anchor component={Link} to="/runs">
            {words('runs.all')}
          </Anchor>
        )
      }
    >
      <DataTable
        label={words('runs.title')}
        columns={columns}
        rows={runs}
        rowId={(run) => run.id}
        onOpen={(run) => void navigate(`/runs/${run.id}`)}
        height={runs.length === 0 ? EMPTY_PX : HEAD_PX + runs.length * ROW_PX + 8}
        empty={<EmptyState icon={<IconHistory size={36} stroke={1.5} />} sentence={words('runs.empty')} />}
      />
    </Panel>
  );
}
