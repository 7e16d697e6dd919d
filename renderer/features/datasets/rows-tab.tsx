import { Badge, Code, Group, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState, type ReactElement } from 'react';

import type { DatasetRowView } from '../../../electron/shared/contract/methods/datasets.ts';
import { useCall } from '../../api/hooks.ts';
import { usePagedRows } from '../../api/use-paged-rows.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords, type Words } from '../../i18n/use-words.ts';
import { DataTable, type DataColumn } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { ChatTurns } from './chat-turns.tsx';
import { EQUATION_PARTS, type EquationPart } from './equation.tsx';
import { problemText } from './problem-list.tsx';
import classes from './rows-tab.module.css';

export type RowsTabProps = Readonly<{
  datasetId: string;
  part: EquationPart;
  onPart: (part: EquationPart) => void;
}>;

/** Long enough that a fast typist asks for words rather than letters. */
const TYPING_PAUSE_MS = 60;
const PREVIEW_CHARACTERS = 120;
/** The particulars of a row's problem are looked for among so many of its kind. */
const PROBLEMS_SEARCHED = 500;
const HEAD_PX = 40;
const ROW_PX = 32;
const FEWEST_ROWS = 4;

/** Rows of one part, searched in full text; the chosen row stands beside the list. */
export function RowsTab({ datasetId, part, onPart }: RowsTabProps): ReactElement {
  const words = useWords('datasets');
  const [search, setSearch] = useState('');
  const [settled] = useDebouncedValue(search.trim(), TYPING_PAUSE_MS);
  const [chosen, setChosen] = useState<DatasetRowView>();
  // A dataset's rows stay as they are under its id.
  const rows = usePagedRows(
    'datasets.rows',
    { dataset: datasetId, split: part, search: settled },
    { staleMs: Number.POSITIVE_INFINITY },
  );
  const columns = useMemo(() => columnsOf(words), [words]);
  const shown = chosen ?? rows.rowAt(0);
  return (
    <>
      <Group justify="space-between" mb="sm">
        <SegmentedControl
          size="xs"
          aria-label={words('rows.part')}
          value={part}
          data={EQUATION_PARTS.map((one) => ({ value: one, label: words(`equation.${one}`) }))}
          onChange={(value) => {
            setChosen(undefined);
            onPart(EQUATION_PARTS.find((one) => one === value) ?? 'all');
          }}
        />
        <Group gap="sm">
          <Text c="dimmed" aria-live="polite">
            {rows.total !== undefined && words('rows.found', { rows: formatNumber(rows.total) })}
          </Text>
          <TextInput
            w={300}
            leftSection={<IconSearch size={14} aria-hidden />}
            aria-label={words('rows.search')}
            placeholder={words('rows.search')}
            value={search}
            onChange={(event) => {
              setSearch(event.currentTarget.value);
              setChosen(undefined);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setSearch('');
            }}
          />
        </Group>
      </Group>
      {rows.error !== undefined && <ErrorNote error={rows.error} onRetry={rows.refetch} />}
      {rows.total === undefined && rows.error === undefined && <Skeletons rows={8} />}
      {rows.total === 0 && (
        <EmptyState
          icon={<IconSearch size={28} />}
          sentence={settled === '' ? words('rows.none') : words('rows.noMatch', { search: settled })}
        />
      )}
      {rows.total !== undefined && rows.total > 0 && (
        <div className={classes['split']}>
          <Panel flush>
            <DataTable
              label={words('tabs.rows')}
              columns={columns}
              rowId={(row) => String(row.id)}
              count={rows.total}
              rowAt={rows.rowAt}
              onRange={rows.onRange}
              view={rows.view}
              memory={`rows.${datasetId}`}
              onOpen={setChosen}
              selectedId={shown === undefined ? undefined : String(shown.id)}
              height={`min(640px, calc(100vh - 372px), ${HEAD_PX + ROW_PX * Math.max(FEWEST_ROWS, rows.total)}px)`}
            />
          </Panel>
          {shown !== undefined && <RowDetail datasetId={datasetId} row={shown} words={words} />}
        </div>
      )}
    </>
  );
}

function columnsOf(words: Words): readonly DataColumn<DatasetRowView>[] {
  return [
    {
      id: 'line',
      header: words('problem.line'),
      width: 80,
      align: 'end',
      cell: (row) => row.line ?? row.id,
    },
    { id: 'split', header: words('rows.partShort'), width: 104, cell: (row) => words(`split.${row.split}`) },
    { id: 'question', header: words('mapping.prompt'), width: 320, cell: (row) => turnText(row, 'user') },
    { id: 'answer', header: words('mapping.answer'), width: 320, cell: (row) => turnText(row, 'assistant') },
  ];
}

/** The last turn of a role, or of an excluded row what stood in the file. */
function turnText(row: DatasetRowView, role: 'user' | 'assistant'): string {
  const turn = row.messages.findLast((message) => message.role === role);
  const text = turn?.content ?? (role === 'user' ? (row.raw ?? '') : '');
  return text.slice(0, PREVIEW_CHARACTERS).replaceAll(/\s+/gu, ' ');
}

function RowDetail({
  datasetId,
  row,
  words,
}: Readonly<{ datasetId: string; row: DatasetRowView; words: Words }>): ReactElement {
  const language = useErrorLanguage();
  const code = row.excludedReason;
  const problems = useCall(
    'datasets.problems',
    code === undefined ? undefined : { dataset: datasetId, code, limit: PROBLEMS_SEARCHED },
    { staleMs: Number.POSITIVE_INFINITY },
  );
  const problem = problems.data?.items.find((one) => one.file === row.file && one.line === row.line);
  const reason =
    code === undefined
      ? undefined
      : problemText(
          problem ?? { file: row.file, line: row.line, code, level: 'error', key: '…', detail: '…' },
          language,
        );
  return (
    <Panel
      className={classes['detail'] ?? ''}
      title={`${row.file}${row.line === undefined ? '' : ` : ${row.line}`}`}
      actions={
        <Badge variant="light" tt="none" flex="none">
          {words(`split.${row.split}`)}
        </Badge>
      }
    >
      <div className={classes['scroll']} tabIndex={0} role="group" aria-label={words('rows.one')}>
        {reason !== undefined && (
          <Text mb="sm">
            <strong>{reason.message}</strong> {reason.action}
          </Text>
        )}
        {row.messages.length > 0 && <ChatTurns turns={row.messages} />}
        {row.raw !== undefined && (
          <Code block className={classes['raw'] ?? ''}>
            {row.raw}
          </Code>
        )}
        {Object.keys(row.extra).length > 0 && (
          <>
            <Text mt="sm" fz="xs" fw={600} c="dimmed">
              {words('rows.extra')}
            </Text>
            <Code block className={classes['raw'] ?? ''}>
              {JSON.stringify(row.extra, undefined, 2)}
            </Code>
          </>
        )}
      </div>
    </Panel>
  );
}
