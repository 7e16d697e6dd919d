import { useCallback, useState } from 'react';

import { useQueries } from '@tanstack/react-query';

import type { DatasetRowView } from '../../../electron/shared/contract/methods/datasets.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { studio } from '../../api/studio-client.ts';
import type { EquationPart } from './equation.tsx';

const PAGE_ROWS = 100;

export type RowWindow = Readonly<{
  total: number | undefined;
  rowAt: (index: number) => DatasetRowView | undefined;
  onRange: (from: number, to: number) => void;
  error: StudioError | undefined;
  retry: () => void;
}>;

/** The rows in view and their neighbours, page by page; a dataset's rows never change under its id. */
export function useRows(datasetId: string, part: EquationPart, search: string): RowWindow {
  const [range, setRange] = useState({ first: 0, last: 0 });
  const onRange = useCallback((from: number, to: number) => {
    const first = Math.floor(from / PAGE_ROWS);
    const last = Math.floor(to / PAGE_ROWS);
    setRange((before) => (before.first === first && before.last === last ? before : { first, last }));
  }, []);
  // The first page carries the count, so it is always asked for.
  const pages = [
    ...new Set([0, ...Array.from({ length: range.last - range.first + 1 }, (_, at) => range.first + at)]),
  ];
  const queries = useQueries({
    queries: pages.map((page) => ({
      queryKey: ['datasets.pages', datasetId, part, search, page],
      queryFn: async () => {
        await studio.ready();
        return studio.client.call('datasets.rows', {
          dataset: datasetId,
          split: part,
          search,
          offset: page * PAGE_ROWS,
          limit: PAGE_ROWS,
        });
      },
      staleTime: Number.POSITIVE_INFINITY,
    })),
  });
  const byPage = new Map(pages.map((page, at) => [page, queries[at]?.data?.items]));
  const failed = queries.find((query) => query.error !== null);
  return {
    total: queries[0]?.data?.total,
    rowAt: (index) => byPage.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS],
    onRange,
    error:
      failed === undefined
        ? undefined
        : failed.error instanceof StudioError
          ? failed.error
          : new StudioError('core.internal'),
    retry: () => void failed?.refetch(),
  };
}
