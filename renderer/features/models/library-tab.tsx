import { Button, Group, MultiSelect, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconBox, IconSearch } from '@tabler/icons-react';
import { useMemo, type ReactElement } from 'react';

import { MODEL_SORTS, type ModelsTopicData } from '../../../electron/shared/contract/methods/models.ts';
import { MODEL_KINDS, type ModelKind } from '../../../electron/shared/domain/model-kinds.ts';
import { usePagedRows } from '../../api/use-paged-rows.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { DataTable, type DataSort } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AddFolder } from './add-folder.tsx';
import { modelColumns } from './model-columns.tsx';
import { ModelDetails } from './model-details.tsx';
import classes from './models.module.css';

const SEARCH_PAUSE_MS = 60;
const NEWEST_FIRST: DataSort = { id: 'createdAtMs', descending: true };

export type LibraryTabProps = Readonly<{
  /** The model whose page stands beside the list. */
  chosen: string | undefined;
  onChoose: (modelId: string | undefined) => void;
  onGet: () => void;
  digesting: NonNullable<ModelsTopicData['digesting']> | undefined;
}>;

/** Everything the studio knows on this rig, with what can be done with each. */
export function LibraryTab({ chosen, onChoose, onGet, digesting }: LibraryTabProps): ReactElement {
  const words = useWords('models');
  const language = useLanguage();
  const [search, setSearch] = useViewMemory('models.search', '');
  const [kinds, setKinds] = useViewMemory<readonly ModelKind[]>('models.kinds', []);
  const [sort, setSort] = useViewMemory<DataSort>('models.sort', NEWEST_FIRST);
  const [sought] = useDebouncedValue(search, SEARCH_PAUSE_MS);
  const pages = usePagedRows('models.list', {
    search: sought.trim(),
    kinds: [...kinds],
    sort: MODEL_SORTS.find((one) => one === sort.id) ?? 'createdAtMs',
    descending: sort.descending,
  });
  const columns = useMemo(() => modelColumns(words, language), [words, language]);
  const isFiltered = sought.trim() !== '' || kinds.length > 0;
  const isBare = pages.total === 0 && !isFiltered;
  const body = (): ReactElement => {
    if (pages.error !== undefined && pages.total === undefined)
      return <ErrorNote error={pages.error} onRetry={pages.refetch} />;
    if (pages.total === undefined) return <Skeletons rows={12} />;
    if (isBare) {
      return (
        <EmptyState
          icon={<IconBox size={40} stroke={1.5} />}
          sentence={words('empty')}
          action={<Button onClick={onGet}>{words('emptyDo')}</Button>}
        />
      );
    }
    return (
      <DataTable
        label={words('title')}
        columns={columns}
        rowId={(model) => model.id}
        count={pages.total}
        rowAt={pages.rowAt}
        onRange={pages.onRange}
        view={pages.view}
        memory="models"
        sort={sort}
        onSort={setSort}
        selectedId={chosen}
        onOpen={(model) => onChoose(model.id)}
        empty={
          <Text c="dimmed" p="md">
            {words('noMatch')}
          </Text>
        }
      />
    );
  };
  return (
    <div className={classes['library']}>
      <Group gap="sm">
        {pages.total !== undefined && (
          <Text c="dimmed" role="status">
            {words('count', { count: pages.total, total: formatNumber(pages.total) })}
          </Text>
        )}
        <TextInput
          w={240}
          leftSection={<IconSearch size={16} aria-hidden />}
          placeholder={words('search')}
          aria-label={words('search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <MultiSelect
          w={240}
          clearable
          aria-label={words('kinds')}
          placeholder={kinds.length === 0 ? words('kinds') : ''}
          value={[...kinds]}
          onChange={(next) => setKinds(next)}
          data={MODEL_KINDS.map((kind) => ({ value: kind, label: words(`kind.${kind}`) }))}
        />
        <Group gap="xs" ml="auto">
          <AddFolder onAdded={onChoose} />
          {!isBare && <Button onClick={onGet}>{words('get.button')}</Button>}
        </Group>
      </Group>
      <div className={classes['split']} data-open={chosen !== undefined || undefined}>
        <Panel flush className={classes['list'] ?? ''}>
          {body()}
        </Panel>
        {chosen !== undefined && (
          <ModelDetails
            key={chosen}
            modelId={chosen}
            digesting={digesting?.modelId === chosen ? digesting : undefined}
            onClose={() => onChoose(undefined)}
            onShow={onChoose}
          />
        )}
      </div>
    </div>
  );
}
