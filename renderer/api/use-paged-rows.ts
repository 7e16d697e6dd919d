import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

import { useQueries } from '@tanstack/react-query';

import { StudioError } from '../../electron/shared/contract/studio-error.ts';
import type { CallInput } from '../../electron/shared/contract/define.ts';
import type { StudioContract } from '../../electron/shared/contract/index.ts';
import { studio } from './studio-client.ts';
import type { InputOf, OutputOf } from './hooks.ts';

/** Methods that answer a part of a long list. */
export type PagedMethod = 'runs.list' | 'models.list' | 'datasets.rows';
export type RowOf<Name extends PagedMethod> = OutputOf<Name>['items'][number];
export type FilterOf<Name extends PagedMethod> = Omit<InputOf<Name>, 'offset' | 'limit'>;

export type PagedRows<Row> = Readonly<{
  /** Of all pages; undefined before the first answer. */
  total: number | undefined;
  /** Undefined while the row is on its way. */
  rowAt: (index: number) => Row | undefined;
  /** Names the filter whose rows stand: after a change it is the former one until the first answer. */
  view: string;
  /** To be told which rows are looked at. */
  onRange: (from: number, to: number) => void;
  error: StudioError | undefined;
  refetch: () => void;
}>;

const PAGE_ROWS = 100;

/** The key of one page; whatever changes a domain's answers asks for its pages again too. */
const pageQuery = <Name extends PagedMethod>(method: Name, filter: FilterOf<Name>, page: number) => {
  const input = { ...filter, offset: page * PAGE_ROWS, limit: PAGE_ROWS };
  return {
    queryKey: [method.slice(0, method.indexOf('.')), method, input],
    queryFn: async (): Promise<OutputOf<Name>> => {
      await studio.ready();
      // The compiler does not see that a filter with its place is the method's input.
      return studio.client.call(method, input as unknown as CallInput<StudioContract[Name]>);
    },
  };
};

/** The first page, to be asked for before its screen stands (`usePrefetchQuery`). */
export const firstPageQuery = <Name extends PagedMethod>(
  method: Name,
  filter: FilterOf<Name>,
): ReturnType<typeof pageQuery<Name>> => pageQuery(method, filter, 0);

type Known<Row> = Readonly<{ key: string; total: number; pages: ReadonlyMap<number, readonly Row[]> }>;

/**
 * The part of a long list that is looked at, with the pages beside it. Under a new filter the former rows stand until
 * the first answer.
 */
export function usePagedRows<Name extends PagedMethod>(
  method: Name,
  filter: FilterOf<Name>,
  options: Readonly<{ staleMs?: number }> = {},
): PagedRows<RowOf<Name>> {
  type Row = RowOf<Name>;
  const key = JSON.stringify(filter);
  const [range, setRange] = useState({ key, first: 0, last: 0 });
  const [counted, setCounted] = useState({ key, total: 0 });
  const known = useRef<Known<Row> | undefined>(undefined);
  // A range or a count of the former list says nothing of the new one, which begins at its top.
  const { first, last } = range.key === key ? range : { first: 0, last: 0 };
  const numbers = pagesAround(first, last, counted.key === key ? counted.total : 0);
  const queries = useQueries({
    queries: numbers.map((page) => ({
      ...pageQuery(method, filter, page),
      staleTime: options.staleMs ?? 0,
      retry: (failures: number, error: unknown) =>
        error instanceof StudioError && error.code === 'core.disconnected' && failures < 5,
    })),
  });
  const pages = new Map<number, readonly Row[]>();
  numbers.forEach((page, at) => {
    const answer = queries[at]?.data;
    if (answer !== undefined) pages.set(page, answer.items);
  });
  const newest = queries
    .filter((query) => query.data !== undefined)
    .reduce<(typeof queries)[number] | undefined>(
      (best, query) => (best === undefined || query.dataUpdatedAt > best.dataUpdatedAt ? query : best),
      undefined,
    );
  const total = newest?.data?.total;
  const shown: Known<Row> | undefined = total === undefined ? known.current : { key, total, pages };
  useLayoutEffect(() => {
    known.current = shown;
  });
  useEffect(() => {
    if (total !== undefined) {
      setCounted((now) => (now.key === key && now.total === total ? now : { key, total }));
    }
  }, [key, total]);
  const onRange = useCallback((from: number, to: number) => {
    // What is looked at is the list that stands, which may still be the former one.
    const standing = known.current?.key ?? '';
    const next = { key: standing, first: Math.floor(from / PAGE_ROWS), last: Math.floor(to / PAGE_ROWS) };
    setRange((now) =>
      now.key === standing && now.first === next.first && now.last === next.last ? now : next,
    );
  }, []);
  const failed = queries.find((query) => query.error !== null && query.data === undefined);
  return {
    total: shown?.total,
    rowAt: (index) => shown?.pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS],
    view: shown?.key ?? key,
    onRange,
    error:
      failed === undefined
        ? undefined
        : failed.error instanceof StudioError
          ? failed.error
          : new StudioError('core.internal'),
    refetch: () => void Promise.all(queries.map((query) => query.refetch())),
  };
}

/** Pages in view first; then those beside them, so that a further page stands before it is scrolled to. */
function pagesAround(first: number, last: number, total: number): readonly number[] {
  const inView = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const lastPage = Math.ceil(total / PAGE_ROWS) - 1;
  return [...inView, ...[last + 1, first - 1].filter((page) => page >= 0 && page <= lastPage)];
}
