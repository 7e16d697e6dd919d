import type { ReactNode } from 'react';

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

/** Where on the screen a pointer was. */
export type TablePlace = Readonly<{ x: number; y: number }>;
