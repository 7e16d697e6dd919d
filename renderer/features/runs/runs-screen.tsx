import { useLayoutEffect, useMemo, useRef, useState, type ReactElement } from 'react';

import { Button, MultiSelect, Text, TextInput, Title, useComputedColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconGitCompare, IconHistory, IconSearch } from '@tabler/icons-react';
import { Link, useNavigate, useSearchParams } from 'react-router';

import { RUN_SORTS, type RunSort, type RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { RUN_STATES, type RunState } from '../../../electron/shared/domain/run-state.ts';
import { formatNumber } from '../../i18n/format.ts';
import { usePagedRows } from '../../api/use-paged-rows.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { rememberOrders, useRunOrders } from '../../state/run-colours.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { seriesColour } from '../../theme/tokens.ts';
import { DataTable, type DataSort } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { CompareView } from './compare-view.tsx';
import { MOST_COMPARED, runColumns } from './run-columns.tsx';
import { LabelDialog, RemoveDialog } from './run-dialogs.tsx';
import { RunMenu, type MenuPlace } from './run-menu.tsx';
import classes from './runs.module.css';

/** Long enough that a fast typist asks for words rather than letters. */
const SEARCH_PAUSE_MS = 60;
const NEWEST_FIRST: DataSort = { id: 'createdAtMs', descending: true };

export function RunsScreen(): ReactElement {
  const [params] = useSearchParams();
  const compared = (params.get('compare') ?? '')
    .split(',')
    .filter((id) => id !== '')
    .slice(0, MOST_COMPARED);
  return compared.length > 0 ? <CompareView ids={compared} /> : <History />;
}

type Dialog = Readonly<{ kind: 'label' | 'remove'; run: RunSummary }>;

function History(): ReactElement {
  const words = useWords('runs');
  const language = useLanguage();
  const scheme = useComputedColorScheme('light');
  const navigate = useNavigate();
  const [search, setSearch] = useViewMemory('runs.search', '');
  const [states, setStates] = useViewMemory<readonly RunState[]>('runs.states', []);
  const [sort, setSort] = useViewMemory<DataSort>('runs.sort', NEWEST_FIRST);
  const [chosen, setChosen] = useViewMemory<readonly string[]>('runs.chosen', []);
  const [dialog, setDialog] = useState<Dialog | undefined>(undefined);
  const [menu, setMenu] = useState<Readonly<{ run: RunSummary; at: MenuPlace }> | undefined>(undefined);
  const [sought] = useDebouncedValue(search, SEARCH_PAUSE_MS);
  const orders = useRunOrders();
  const sortKey: RunSort = RUN_SORTS.find((one) => one === sort.id) ?? 'createdAtMs';
  const pages = usePagedRows('runs.list', {
    search: sought.trim(),
    states: [...states],
    sort: sortKey,
    descending: sort.descending,
  });
  const choose = (id: string, isChosen: boolean): void => {
    const next = isChosen ? [...chosen, id] : chosen.filter((one) => one !== id);
    if (next.length > MOST_COMPARED) return;
    rememberOrders(next);
    setChosen(next);
  };

  // The columns stay the same while nothing they show changes, so that rows are not drawn anew.
  const latestChoose = useRef(choose);
  useLayoutEffect(() => {
    latestChoose.current = choose;
  });
  const columns = useMemo(
    () =>
      runColumns({
        words,
        language,
        chosen,
        colourOf: (id) => seriesColour(orders[id] ?? 0, scheme),
        onChoose: (id, isChosen) => latestChoose.current(id, isChosen),
        onMenu: (run, at) => setMenu({ run, at }),
      }),
    [words, language, chosen, orders, scheme],
  );
  const isFiltered = sought !== '' || states.length > 0;
  const body = (): ReactElement => {
    if (pages.error !== undefined && pages.total === undefined)
      return <ErrorNote error={pages.error} onRetry={pages.refetch} />;
    if (pages.total === undefined) return <Skeletons rows={12} />;
    if (pages.total === 0 && !isFiltered) {
      return (
        <EmptyState
          icon={<IconHistory size={40} stroke={1.5} />}
          sentence={words('empty')}
          action={
            <Button component={Link} to="/new">
              {words('newRun')}
            </Button>
          }
        />
      );
    }
    return (
      <DataTable
        label={words('title')}
        columns={columns}
        rowId={(run) => run.id}
        count={pages.total}
        rowAt={pages.rowAt}
        onRange={pages.onRange}
        view={pages.view}
        memory="runs"
        sort={sort}
        onSort={setSort}
        onOpen={(run) => void navigate(`/runs/${run.id}`)}
        onToggle={(run) => choose(run.id, !chosen.includes(run.id))}
        onContextMenu={(run, at) => setMenu({ run, at })}
        empty={
          <Text c="dimmed" p="md">
            {words('noMatch')}
          </Text>
        }
      />
    );
  };
  return (
    <div className={`${classes['screen'] ?? ''} ${classes['history'] ?? ''}`}>
      <div className={classes['bar']}>
        <Title order={1} fz="lg">
          {words('title')}
        </Title>
        {pages.total !== undefined && (
          <Text c="dimmed" role="status">
            {words('count', { count: pages.total, total: formatNumber(pages.total) })}
          </Text>
        )}
        <TextInput
          w={260}
          leftSection={<IconSearch size={16} aria-hidden />}
          placeholder={words('search')}
          aria-label={words('search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <MultiSelect
          w={240}
          clearable
          aria-label={words('states')}
          placeholder={states.length === 0 ? words('states') : ''}
          value={[...states]}
          onChange={(next) => setStates(next)}
          data={RUN_STATES.map((state) => ({ value: state, label: words(`common:state.${state}`) }))}
        />
        <Button
          ml="auto"
          variant="default"
          leftSection={<IconGitCompare size={16} aria-hidden />}
          disabled={chosen.length < 2}
          title={chosen.length < 2 ? words('compare.choose') : undefined}
          onClick={() => void navigate(`/runs?compare=${chosen.join(',')}`)}
        >
          {words('compare.button', { count: chosen.length })}
        </Button>
      </div>
      <Panel flush className={classes['list'] ?? ''}>
        {body()}
      </Panel>
      {menu !== undefined && (
        <RunMenu
          run={menu.run}
          at={menu.at}
          onClose={() => setMenu(undefined)}
          onLabel={(run) => setDialog({ kind: 'label', run })}
          onRemove={(run) => setDialog({ kind: 'remove', run })}
        />
      )}
      {dialog?.kind === 'label' && <LabelDialog run={dialog.run} onClose={() => setDialog(undefined)} />}
      {dialog?.kind === 'remove' && (
        <RemoveDialog
          run={dialog.run}
          onClose={() => {
            setChosen(chosen.filter((id) => id !== dialog.run.id));
            setDialog(undefined);
          }}
        />
      )}
    </div>
  );
}
