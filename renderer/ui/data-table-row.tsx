import { memo, type MouseEvent, type ReactElement } from 'react';

import type { DataColumn, TablePlace } from './data-column.ts';
import classes from './data-table.module.css';

export type DataRowProps<Row> = Readonly<{
  id: string;
  index: number;
  /** Undefined while it is on its way. */
  row: Row | undefined;
  columns: readonly DataColumn<Row>[];
  /** The grid's columns, as CSS. */
  template: string;
  topPx: number;
  heightPx: number;
  isActive: boolean;
  isSelected: boolean;
  opens: boolean;
  onClick: (index: number) => void;
  onContextMenu: (index: number, at: TablePlace) => boolean;
}>;

function DrawnRow<Row extends object>(props: DataRowProps<Row>): ReactElement {
  const { id, index, row, columns, template, topPx, heightPx, isActive, isSelected, opens } = props;
  return (
    // The keyboard belongs to the grid, which knows the active row.
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-active={isActive ? true : undefined}
      data-opens={opens ? true : undefined}
      className={classes['row']}
      style={{ gridTemplateColumns: template, height: heightPx, transform: `translateY(${String(topPx)}px)` }}
      onClick={() => props.onClick(index)}
      onContextMenu={(event: MouseEvent) => {
        if (props.onContextMenu(index, { x: event.clientX, y: event.clientY })) event.preventDefault();
      }}
    >
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={classes['cell']} data-align={column.align}>
          {row === undefined ? <span className={classes['pending']} /> : column.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** Drawn anew only where something about it changed: a list scrolls over rows that stand. */
export const DataRow: typeof DrawnRow = memo(DrawnRow) as typeof DrawnRow;
