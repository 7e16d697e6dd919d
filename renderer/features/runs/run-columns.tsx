import { Badge, Checkbox, Tooltip } from '@mantine/core';
import { IconNote } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import type { Language } from '../../i18n/i18n.ts';
import { formatLoss, formatNumber, formatTime } from '../../i18n/format.ts';
import type { Words } from '../../i18n/use-words.ts';
import type { DataColumn } from '../../ui/data-table.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { RunMenu } from './run-menu.tsx';
import classes from './runs.module.css';

export const MOST_COMPARED = 4;

export type ColumnContext = Readonly<{
  words: Words;
  language: Language;
  chosen: readonly string[];
  colourOf: (id: string) => string;
  onChoose: (id: string, isChosen: boolean) => void;
  onLabel: (run: RunSummary) => void;
  onRemove: (run: RunSummary) => void;
}>;

/** The columns of the history; ids of sortable ones are the sort keys of `runs.list`. */
export function runColumns(context: ColumnContext): readonly DataColumn<RunSummary>[] {
  const { words, language, chosen, colourOf } = context;
  const text = (id: 'modelName' | 'datasetName', width: number): DataColumn<RunSummary> => ({
    id,
    header: words(`column.${id}`),
    width,
    cell: (run) => <span title={run[id]}>{run[id]}</span>,
    sortBy: (run) => run[id],
  });
  const loss = (id: 'loss' | 'evalLoss' | 'bestEvalLoss'): DataColumn<RunSummary> => ({
    id,
    header: words(`column.${id}`),
    width: 96,
    align: 'end',
    cell: (run) => formatLoss(run[id]),
    sortBy: (run) => run[id],
  });
  return [
    {
      id: 'choose',
      header: words('column.choose'),
      width: 64,
      cell: (run) => {
        const isChosen = chosen.includes(run.id);
        return (
          // The row opens on a click; this cell does not.
          <span role="presentation" onClick={(event) => event.stopPropagation()}>
            <Checkbox
              size="xs"
              aria-label={words('choose', { name: run.name })}
              checked={isChosen}
              disabled={!isChosen && chosen.length >= MOST_COMPARED}
              onChange={(event) => context.onChoose(run.id, event.currentTarget.checked)}
            />
          </span>
        );
      },
    },
    {
      id: 'name',
      header: words('column.name'),
      width: 240,
      sortBy: (run) => run.name,
      cell: (run) => (
        <span className={classes['name']}>
          {chosen.includes(run.id) && (
            <span className={classes['swatch']} style={{ background: colourOf(run.id) }} aria-hidden />
          )}
          <Link
            to={`/runs/${run.id}`}
            title={run.name}
            tabIndex={-1}
            onClick={(event) => event.stopPropagation()}
          >
            {run.name}
          </Link>
          {run.note !== '' && (
            <Tooltip label={run.note} multiline maw={320}>
              <IconNote size={14} aria-label={run.note} style={{ flex: 'none' }} />
            </Tooltip>
          )}
          {run.tags.map((tag) => (
            <Badge key={tag} size="xs" variant="light" tt="none" style={{ flex: 'none' }}>
              {tag}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      id: 'state',
      header: words('column.state'),
      width: 120,
      cell: (run) => <StateBadge state={run.state} />,
      sortBy: (run) => run.state,
    },
    text('modelName', 150),
    text('datasetName', 150),
    {
      id: 'step',
      header: words('column.step'),
      width: 110,
      align: 'end',
      cell: (run) => `${formatNumber(run.step)} / ${formatNumber(run.steps)}`,
      sortBy: (run) => run.step,
    },
    loss('loss'),
    loss('evalLoss'),
    loss('bestEvalLoss'),
    {
      id: 'tokensPerSecond',
      header: words('column.tokensPerSecond'),
      width: 96,
      align: 'end',
      cell: (run) => formatNumber(run.tokensPerSecond),
      sortBy: (run) => run.tokensPerSecond,
    },
    {
      id: 'createdAtMs',
      header: words('column.createdAtMs'),
      width: 150,
      cell: (run) => formatTime(run.createdAtMs, language),
      sortBy: (run) => run.createdAtMs,
    },
    {
      id: 'more',
      header: words('column.more'),
      width: 72,
      cell: (run) => (
        <span role="presentation" onClick={(event) => event.stopPropagation()}>
          <RunMenu run={run} onLabel={context.onLabel} onRemove={context.onRemove} />
        </span>
      ),
    },
  ];
}
