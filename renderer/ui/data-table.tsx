import { useWindowEvent } from '@mantine/hooks';
import {
  columnResizingFeature,
  columnSizingFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';

import { useWords } from '../i18n/use-words.ts';
import classes from './data-table.module.css';
import { rememberWidths, rememberedWidths } from './remembered-widths.ts';

export type DataColumn<Row> = Readonly<{
  id: string;
  header: string;
  width: number;
  align?: 'start' | 'end';
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable by this value; with `onSort` its presence is enough. */
  sortBy?: (row: Row) => string | number | undefined;
}>;

export type DataSort = Readonly<{ id: string; descending: boolean }>;

export type DataTableProps<Row> = Readonly<{
  /** Names the table for readers of screens, and its remembered column widths. */
  label: string;
  columns: readonly DataColumn<Row>[];
  rowId: (row: Row) => string;
  /** All rows, sorted here … */
  rows?: readonly Row[];
  /** … or a window onto rows that are sorted and paged elsewhere. */
  count?: number;
  rowAt?: (index: number) => Row | undefined;
  onRange?: (from: number, to: number) => void;
  sort?: DataSort | undefined;
  onSort?: (sort: DataSort) => void;
  /** Enter or a click on the row. */
  onOpen?: (row: Row) => void;
  onContextMenu?: (row: Row, at: Readonly<{ x: number; y: number }>) => void;
  selectedId?: string | undefined;
  /** CSS height of the scrolled part; rows outside it are not drawn. */
  height?: number | string;
  /** What stands here while there is no row. */
  empty?: ReactNode;
  compact?: boolean;
}>;

const ROW_PX = 32;
const COMPACT_ROW_PX = 28;
const NARROWEST_PX = 48;
const KEY_STEP_PX = 16;

const features = tableFeatures({
  columnSizingFeature,
  columnResizingFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
});

type Features = typeof features;

/**
 * Rows under resizable, sortable heads; only those in view are drawn. Arrows, Page, Home and End move, Enter opens.
 */
export function DataTable<Row extends object>(props: DataTableProps<Row>): ReactElement {
  const { label, columns, rowId, rowAt, onRange, onSort, onOpen, compact = false } = props;
  const words = useWords('common');
  const windowed = rowAt !== undefined;
  const rowPx = compact ? COMPACT_ROW_PX : ROW_PX;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const definitions = useMemo(
    () =>
      columns.map((column): ColumnDef<Features, Row> => ({
        id: column.id,
        header: column.header,
        accessorFn: (row) => column.sortBy?.(row),
        size: column.width,
        minSize: NARROWEST_PX,
        enableSorting: column.sortBy !== undefined,
        sortUndefined: 'last',
        sortFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
      })),
    [columns],
  );
  const none = useMemo<Row[]>(() => [], []);
  const table = useTable<Features, Row>({
    features,
    columns: definitions,
    data: windowed ? none : ((props.rows as Row[] | undefined) ?? none),
    getRowId: rowId,
    columnResizeMode: 'onChange',
    enableSortingRemoval: false,
    manualSorting: onSort !== undefined,
    initialState: {
      columnSizing: rememberedWidths(label),
      sorting: props.sort === undefined ? [] : [{ id: props.sort.id, desc: props.sort.descending }],
    },
  });
  const sorting: DataSort | undefined =
    onSort === undefined
      ? table.state.sorting.map(({ id, desc }) => ({ id, descending: desc }))[0]
      : props.sort;
  const sortedRows = windowed ? undefined : table.getRowModel().rows;
  const count = props.count ?? sortedRows?.length ?? 0;
  const get = (index: number): Row | undefined => (windowed ? rowAt(index) : sortedRows?.[index]?.original);

  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (count > 0) onRange?.(first, last);
  }, [first, last, count, onRange]);
  const sizes = table.state.columnSizing;
  const resizing = table.state.columnResizing.isResizingColumn !== false;
  useEffect(() => {
    if (!resizing) rememberWidths(label, sizes);
  }, [resizing, sizes, label]);
  useWindowEvent('resize', () => virtualizer.measure());

  const widths = columns.map((column) => `${table.getColumn(column.id)?.getSize() ?? column.width}px`);
  const template = `${widths.slice(0, -1).join(' ')} minmax(${widths.at(-1) ?? '0px'}, 1fr)`;

  const sortBy = (column: DataColumn<Row>): void => {
    const descending = sorting?.id === column.id ? !sorting.descending : false;
    if (onSort !== undefined) onSort({ id: column.id, descending });
    else table.setSorting([{ id: column.id, desc: descending }]);
  };
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(count - 1, to));
    setActive(next);
    virtualizer.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2);
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    };
    const target = targets[event.key];
    const row = get(active);
    if (target !== undefined) move(target);
    else if (event.key === 'Enter' && row !== undefined) onOpen?.(row);
    else return;
    event.preventDefault();
  };
  const resizeBy = (column: DataColumn<Row>, amount: number): void => {
    const size = table.getColumn(column.id)?.getSize() ?? column.width;
    table.setColumnSizing((old) => ({ ...old, [column.id]: Math.max(NARROWEST_PX, size + amount) }));
  };

  const heads = table.getHeaderGroups()[0]?.headers ?? [];
  const activeId = `${label}-row-${String(active)}`;
  return (
    <div
      className={classes['table']}
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      tabIndex={0}
      aria-activedescendant={count > 0 ? activeId : undefined}
      onKeyDown={onKeyDown}
      style={{ height: props.height ?? '100%' }}
    >
      <div className={classes['head']} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        {columns.map((column) => {
          const head = heads.find((one) => one.id === column.id);
          const sorted = sorting?.id === column.id ? sorting.descending : undefined;
          const sortable = column.sortBy !== undefined;
          return (
            <div
              key={column.id}
              role="columnheader"
              className={classes['headCell']}
              data-align={column.align}
              {...(sortable
                ? { 'aria-sort': sorted === undefined ? 'none' : sorted ? 'descending' : 'ascending' }
                : {})}
            >
              {sortable ? (
                <button type="button" className={classes['sort']} onClick={() => sortBy(column)}>
                  {column.header}
                  {sorted === true && <IconChevronDown size={14} aria-hidden />}
                  {sorted === false && <IconChevronUp size={14} aria-hidden />}
                </button>
              ) : (
                <span className={classes['headText']}>{column.header}</span>
              )}
              <div
                role="separator"
                aria-orientation="vertical"
                aria-label={words('table.resize', { column: column.header })}
                aria-valuenow={table.getColumn(column.id)?.getSize() ?? column.width}
                tabIndex={0}
                className={classes['grip']}
                onMouseDown={head?.getResizeHandler()}
                onTouchStart={head?.getResizeHandler()}
                onDoubleClick={() => table.getColumn(column.id)?.resetSize()}
                onKeyDown={(event) => {
                  if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
                  event.preventDefault();
                  event.stopPropagation();
                  resizeBy(column, event.key === 'ArrowRight' ? KEY_STEP_PX : -KEY_STEP_PX);
                }}
              />
            </div>
          );
        })}
      </div>
      {count === 0 ? (
        <div role="row">
          <div role="gridcell">{props.empty}</div>
        </div>
      ) : (
        <div role="rowgroup" style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = get(item.index);
            return (
              // The keyboard belongs to the grid, which knows the active row.
              <div
                key={item.index}
                id={`${label}-row-${String(item.index)}`}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={row !== undefined && props.selectedId === rowId(row)}
                data-active={item.index === active ? true : undefined}
                data-opens={onOpen === undefined ? undefined : true}
                className={classes['row']}
                style={{
                  gridTemplateColumns: template,
                  height: rowPx,
                  transform: `translateY(${String(item.start)}px)`,
                }}
                onClick={() => {
                  setActive(item.index);
                  if (row !== undefined) onOpen?.(row);
                }}
                onContextMenu={(event) => {
                  if (row === undefined || props.onContextMenu === undefined) return;
                  event.preventDefault();
                  setActive(item.index);
                  props.onContextMenu(row, { x: event.clientX, y: event.clientY });
                }}
              >
                {columns.map((column) => (
                  <div key={column.id} role="gridcell" className={classes['cell']} data-align={column.align}>
                    {row === undefined ? <span className={classes['pending']} /> : column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'zh-CN', { numeric: true });
}
