import { IconDots, IconNote } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import type { Language } from '../../i18n/i18n.ts';
import { formatLoss, formatNumber, formatTime } from '../../i18n/format.ts';
import type { Words } from '../../i18n/use-words.ts';
import type { DataColumn } from '../../ui/data-table.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import type { MenuPlace } from './run-menu.tsx';
import classes from './runs.module.css';

export const MOST_COMPARED = 4;

export type ColumnContext = Readonly<{
  words: Words;
  language: Language;
  chosen: readonly string[];
  colourOf: (id: string) => string;
  onChoose: (id: string, isChosen: boolean) => void;
  onMenu: (run: RunSummary, at: MenuPlace) => void;
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
          // Plain elements in place of the library's: a list draws thirty of them at every turn of the wheel.
          <input
            type="checkbox"
            className={classes['box']}
            tabIndex={-1}
            aria-label={words('choose', { name: run.name })}
            checked={isChosen}
            disabled={!isChosen && chosen.length >= MOST_COMPARED}
            // The row opens on a click; this box does not.
            onClick={(event) => event.stopPropagation()}
            onChange={(event) => context.onChoose(run.id, event.currentTarget.checked)}
          />
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
            <span className={classes['note']} role="img" aria-label={run.note} title={run.note}>
              <IconNote size={14} aria-hidden />
            </span>
          )}
          {run.tags.map((tag) => (
            <span key={tag} className={classes['tag']}>
              {tag}
            </span>
          ))}
        </span>
      ),
    },
    {
      id: 'state',
      header: words('column.state'),
      width: 132,
      cell: (run) => (
        <StateBadge
          state={run.state}
          attention={run.attention === undefined ? undefined : words(`common:attention.${run.attention}`)}
        />
      ),
      sortBy: (run) => run.state,
    },
    text('modelName', 160),
    text('datasetName', 176),
    {
      id: 'step',
      header: words('column.step'),
      width: 152,
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
        <button
          type="button"
          className={classes['more']}
          tabIndex={-1}
          aria-haspopup="menu"
          aria-label={words('menu', { name: run.name })}
          onClick={(event) => {
            event.stopPropagation();
            const { left, bottom } = event.currentTarget.getBoundingClientRect();
            context.onMenu(run, { x: left, y: bottom });
          }}
        >
          <IconDots size={16} aria-hidden />
        </button>
      ),
    },
  ];
}
