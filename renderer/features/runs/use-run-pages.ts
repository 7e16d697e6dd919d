import { useCallback, useEffect, useRef, useState } from 'react';

import type { RunSort, RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import type { RunState } from '../../../electron/shared/domain/run-state.ts';
import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { useCall, useTopic } from '../../api/hooks.ts';

export type RunFilter = Readonly<{
  search: string;
  states: readonly RunState[];
  sort: RunSort;
  descending: boolean;
}>;

export type RunPages = Readonly<{
  total: number | undefined;
  rowAt: (index: number) => RunSummary | undefined;
  onRange: (from: number, to: number) => void;
  error: StudioError | null;
  refetch: () => void;
}>;

const PAGE_ROWS = 100;
/** A run that is not on the page may have been started; asked once in this time. */
const ASK_AGAIN_MS = 1000;

/** The part of a long list of runs that is looked at, kept up to date by the topic `runs`. */
export function useRunPages(filter: RunFilter): RunPages {
  const [first, setFirst] = useState(0);
  const [last, setLast] = useState(0);
  const [fresh, setFresh] = useState<ReadonlyMap<string, RunSummary>>(new Map());
  const query = (page: number) => ({
    search: filter.search,
    states: [...filter.states],
    sort: filter.sort,
    descending: filter.descending,
    offset: page * PAGE_ROWS,
    limit: PAGE_ROWS,
  });
  const upper = useCall('runs.list', query(first), { keepPrevious: true });
  const lower = useCall('runs.list', last === first ? undefined : query(last), { keepPrevious: true });
  const refetch = useCallback(() => {
    void upper.refetch();
    if (last !== first) void lower.refetch();
  }, [upper, lower, first, last]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const isKnown = (id: string): boolean =>
    [upper.data, lower.data].some((page) => page?.items.some((run) => run.id === id));
  useTopic('runs', (frame) => {
    if (frame.kind === 'changed') setFresh((known) => new Map(known).set(frame.run.id, frame.run));
    if (frame.kind === 'changed' && isKnown(frame.run.id)) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      refetch();
    }, ASK_AGAIN_MS);
  });
  const pageOf = (page: number): typeof upper => (page === first ? upper : lower);
  return {
    total: upper.data?.total,
    rowAt: (index) => {
      const page = Math.floor(index / PAGE_ROWS);
      if (page !== first && page !== last) return undefined;
      const answer = pageOf(page);
      // A page that still shows its predecessor's rows has nothing to say of this place.
      if (answer.isPlaceholderData && page !== 0) return undefined;
      const run = answer.data?.items[index - page * PAGE_ROWS];
      return run === undefined ? undefined : (fresh.get(run.id) ?? run);
    },
    onRange: useCallback((from: number, to: number) => {
      setFirst(Math.floor(from / PAGE_ROWS));
      setLast(Math.floor(to / PAGE_ROWS));
    }, []),
    error: upper.error,
    refetch,
  };
}
