import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDatabase, IconSearch } from '@tabler/icons-react';
import { useMemo, type ReactElement } from 'react';
import { useNavigate } from 'react-router';

import type { DatasetView } from '../../../electron/shared/contract/methods/datasets.ts';
import { useCall } from '../../api/hooks.ts';
import { formatNumber, formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { DataTable, type DataColumn } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

const TYPING_PAUSE_MS = 60;
/** More datasets than one rig is likely to see; a search reaches further. */
const MOST_ROWS = 500;
/** An import that ends elsewhere shows up within this. */
const REFRESH_MS = 2000;
const ROW_PX = 32;
const HEAD_PX = 34;

/** Datasets of this rig with their equation, searched and sorted. */
export function DatasetList({ onFirst }: Readonly<{ onFirst: () => void }>): ReactElement {
  const words = useWords('datasets');
  const language = useLanguage();
  const navigate = useNavigate();
  const [search, setSearch] = useViewMemory('datasets.search', '');
  const [settled] = useDebouncedValue(search, TYPING_PAUSE_MS);
  const datasets = useCall(
    'datasets.list',
    { search: settled.trim(), limit: MOST_ROWS },
    { keepPrevious: true, refetchIntervalMs: REFRESH_MS },
  );
  const columns = useMemo((): readonly DataColumn<DatasetView>[] => {
    const count = (id: 'rows' | 'train' | 'eval' | 'excluded', header: string): DataColumn<DatasetView> => ({
      id,
      header,
      width: 110,
      align: 'end',
      cell: (dataset) => formatNumber(dataset.counts?.[id]),
      sortBy: (dataset) => dataset.counts?.[id],
    });
    return [
      {
        id: 'name',
        header: words('list.name'),
        width: 320,
        cell: (dataset) => dataset.name,
        sortBy: (dataset) => dataset.name,
      },
      {
        id: 'state',
        header: words('list.state'),
        width: 110,
        cell: (dataset) => <StateBadge state={dataset.state} />,
        sortBy: (dataset) => dataset.state,
      },
      count('rows', words('equation.all')),
      count('train', words('equation.train')),
      count('eval', words('equation.eval')),
      count('excluded', words('equation.excluded')),
      {
        id: 'createdAtMs',
        header: words('list.created'),
        width: 160,
        cell: (dataset) => formatTime(dataset.createdAtMs, language),
        sortBy: (dataset) => dataset.createdAtMs,
      },
    ];
  }, [words, language]);
  const total = datasets.data?.total ?? 0;
  const isBare = datasets.data !== undefined && total === 0 && settled.trim() === '';
  return (
    <Panel
      flush
      title={words('list.title')}
      actions={
        !isBare && (
          <TextInput
            w={260}
            leftSection={<IconSearch size={14} aria-hidden />}
            aria-label={words('list.search')}
            placeholder={words('list.search')}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        )
      }
    >
      {datasets.isPending && <Skeletons rows={4} />}
      {datasets.error !== null && (
        <div style={{ padding: 16 }}>
          <ErrorNote error={datasets.error} onRetry={() => void datasets.refetch()} />
        </div>
      )}
      {isBare && (
        <EmptyState
          icon={<IconDatabase size={36} stroke={1.5} />}
          sentence={words('list.empty')}
          action={<Button onClick={onFirst}>{words('pick.files')}</Button>}
        />
      )}
      {datasets.data !== undefined && !isBare && (
        <DataTable
          label={words('list.title')}
          columns={columns}
          rows={datasets.data.items}
          rowId={(dataset) => dataset.id}
          sort={{ id: 'createdAtMs', descending: true }}
          onOpen={(dataset) => void navigate(`/datasets/${encodeURIComponent(dataset.id)}`)}
          height={Math.min(560, HEAD_PX + ROW_PX * Math.max(3, datasets.data.items.length))}
          empty={<EmptyState icon={<IconSearch size={28} />} sentence={words('list.nothing', { search })} />}
        />
      )}
    </Panel>
  );
}
