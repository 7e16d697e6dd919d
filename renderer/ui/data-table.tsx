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
import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';

import type { DataColumn, DataSort, TablePlace } from './data-column.ts';
import { DataHead } from './data-table-head.tsx';
import { DataRow } from './data-table-row.tsx';
import classes from './data-table.module.css';
import { rememberedScroll, rememberScroll } from './remembered-scroll.ts';
import { rememberWidths, rememberedWidths } from './remembered-widths.ts';

export type { DataColumn, DataSort } from './data-column.ts';

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
  /** Which rows these are (filter, order): where it changes, the list begins at its top again. */
  view?: string;
  /** Finds its place again under this name when the screen is come back to. */
  memory?: string;
  /** Enter or a click on the row. */
  onOpen?: (row: Row) => void;
  /** The space bar, where a row can be picked. */
  onToggle?: (row: Row) => void;
  /** A right click, or the keys of a context menu. */
  onContextMenu?: (row: Row, at: TablePlace) => void;
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
/** Rows drawn beyond each edge, so that a turn of the wheel meets drawn ones. */
const OVERSCAN_ROWS = 6;

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
  const { label, columns, rowId, rowAt, onRange, onSort, memory, view = '', compact = false } = props;
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
    overscan: OVERSCAN_ROWS,
    initialOffset: () => (memory === undefined ? 0 : rememberedScroll(memory)),
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

  // The place of a list that was left is found when the screen is come back to, and lost with another filter or order.
  const shownView = useRef(view);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    if (shownView.current === view) {
      if (memory !== undefined) element.scrollTop = rememberedScroll(memory);
    } else {
      shownView.current = view;
      element.scrollTop = 0;
      setActive(0);
    }
  }, [view, memory]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null || memory === undefined) return undefined;
    const remember = (): void => rememberScroll(memory, element.scrollTop);
    element.addEventListener('scroll', remember, { passive: true });
    return () => element.removeEventListener('scroll', remember);
  }, [memory]);

  const widths = columns.map((column) => `${table.getColumn(column.id)?.getSize() ?? column.width}px`);
  const template = `${widths.slice(0, -1).join(' ')} minmax(${widths.at(-1) ?? '0px'}, 1fr)`;

  const move = (to: number): void => {
    const next = Math.max(0, Math.min(count - 1, to));
    setActive(next);
    virtualizer.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // A button or box in a head or row keeps its keys.
    if ((event.target as Element).closest('button, input') !== null) return;
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
    else if (event.key === 'Enter' && row !== undefined) props.onOpen?.(row);
    else if (event.key === ' ' && row !== undefined && props.onToggle !== undefined) props.onToggle(row);
    else return;
    event.preventDefault();
  };

  const activeId = `${label}-row-${String(active)}`;
  // Rows that stand are not drawn anew, so what they call must stay the same while what it does may change.
  const acts = { get, open: props.onOpen, menu: props.onContextMenu };
  const latest = useRef(acts);
  useLayoutEffect(() => {
    latest.current = acts;
  });
  const [rowActs] = useState(() => ({
    onClick: (index: number): void => {
      setActive(index);
      const row = latest.current.get(index);
      if (row !== undefined) latest.current.open?.(row);
    },
    onContextMenu: (index: number, at: TablePlace): boolean => {
      const row = latest.current.get(index);
      if (row === undefined || latest.current.menu === undefined) return false;
      setActive(index);
      latest.current.menu(row, at);
      return true;
    },
  }));
  const heads = table.getHeaderGroups()[0]?.headers ?? [];
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
      onContextMenu={(event) => {
        // The menu key asks at the grid itself; a right click asks at a row.
        if (event.target !== event.currentTarget || event.button === 2) return;
        const box = document.getElementById(activeId)?.getBoundingClientRect();
        if (box === undefined) return;
        if (rowActs.onContextMenu(active, { x: box.left + 24, y: box.bottom })) event.preventDefault();
      }}
      style={{ height: props.height ?? '100%' }}
    >
      <DataHead
        columns={columns}
        template={template}
        sorting={sorting}
        onSort={(sort) => {
          if (onSort !== undefined) onSort(sort);
          else table.setSorting([{ id: sort.id, desc: sort.descending }]);
        }}
        sizes={{
          of: (id) => table.getColumn(id)?.getSize() ?? NARROWEST_PX,
          change: (id, byPx) => {
            const size = table.getColumn(id)?.getSize() ?? NARROWEST_PX;
            table.setColumnSizing((old) => ({ ...old, [id]: Math.max(NARROWEST_PX, size + byPx) }));
          },
          reset: (id) => table.getColumn(id)?.resetSize(),
          drag: (id) => heads.find((one) => one.id === id)?.getResizeHandler(),
        }}
      />
      {count === 0 ? (
        <div role="row">
          <div role="gridcell">{props.empty}</div>
        </div>
      ) : (
        <div role="rowgroup" style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = get(item.index);
            return (
              <DataRow
                key={item.index}
                id={`${label}-row-${String(item.index)}`}
                index={item.index}
                row={row}
                columns={columns}
                template={template}
                topPx={item.start}
                heightPx={rowPx}
                isActive={item.index === active}
                isSelected={row !== undefined && props.selectedId === rowId(row)}
                opens={props.onOpen !== undefined}
                {...rowActs}
              />
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
