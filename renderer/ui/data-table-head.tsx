import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import type { DataColumn, DataSort } from './data-column.ts';
import classes from './data-table.module.css';

export type ColumnSizes = Readonly<{
  of: (id: string) => number;
  /** Makes a column wider, or with a negative amount narrower. */
  change: (id: string, byPx: number) => void;
  reset: (id: string) => void;
  /** What follows the pointer from the column's grip. */
  drag: (id: string) => ((event: unknown) => void) | undefined;
}>;

export type DataHeadProps<Row> = Readonly<{
  columns: readonly DataColumn<Row>[];
  template: string;
  sorting: DataSort | undefined;
  onSort: (sort: DataSort) => void;
  sizes: ColumnSizes;
}>;

const KEY_STEP_PX = 16;

/** Heads that sort by a click, with grips between them that resize by drag, arrow keys and double click. */
export function DataHead<Row>({
  columns,
  template,
  sorting,
  onSort,
  sizes,
}: DataHeadProps<Row>): ReactElement {
  const words = useWords('common');
  return (
    <div className={classes['head']} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
      {columns.map((column) => {
        const descending = sorting?.id === column.id ? sorting.descending : undefined;
        const isSortable = column.sortBy !== undefined;
        const drag = sizes.drag(column.id);
        return (
          <div
            key={column.id}
            role="columnheader"
            className={classes['headCell']}
            data-align={column.align}
            {...(isSortable
              ? { 'aria-sort': descending === undefined ? 'none' : descending ? 'descending' : 'ascending' }
              : {})}
          >
            {isSortable ? (
              <button
                type="button"
                className={classes['sort']}
                onClick={() => onSort({ id: column.id, descending: descending === false })}
              >
                {column.header}
                {descending === true && <IconChevronDown size={14} aria-hidden />}
                {descending === false && <IconChevronUp size={14} aria-hidden />}
              </button>
            ) : (
              <span className={classes['headText']}>{column.header}</span>
            )}
            <div
              role="separator"
              aria-orientation="vertical"
              aria-label={words('table.resize', { column: column.header })}
              aria-valuenow={sizes.of(column.id)}
              tabIndex={0}
              className={classes['grip']}
              onMouseDown={drag}
              onTouchStart={drag}
              onDoubleClick={() => sizes.reset(column.id)}
              onKeyDown={(event) => {
                if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
                event.preventDefault();
                event.stopPropagation();
                sizes.change(column.id, event.key === 'ArrowRight' ? KEY_STEP_PX : -KEY_STEP_PX);
              }}
            />
          </div>
        );
      })}
    </div>
  );
}
