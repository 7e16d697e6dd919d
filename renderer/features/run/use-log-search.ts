import { useEffect, useEffectEvent, useRef, useState } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { studio } from '../../api/studio-client.ts';

/** Lines beyond this are not walked through one by one; their number is told as "more than". */
const MOST_HITS = 20_000;

export type LogFound = Readonly<{
  /** What was looked for; empty: nothing. */
  search: string;
  /** First bytes of the lines found, ascending. */
  hits: readonly number[];
  isSearching: boolean;
  /** There are more than are named in `hits`. */
  isCapped: boolean;
  error: StudioError | undefined;
}>;

const NOTHING: LogFound = { search: '', hits: [], isSearching: false, isCapped: false, error: undefined };

/** The lines of a whole log that contain a text; goes on when the log has grown. */
export function useLogSearch(runId: string, attempt: number, search: string, sizeBytes: number): LogFound {
  const [found, setFound] = useState<LogFound>(NOTHING);
  const looked = useRef({ search: '', to: 0 });
  const searchOn = useEffectEvent(async (isCurrent: () => boolean): Promise<void> => {
    const isNew = looked.current.search !== search;
    if (isNew) looked.current = { search, to: 0 };
    let hits: readonly number[] = isNew ? [] : found.hits;
    const show = (isSearching: boolean, error?: StudioError): void =>
      setFound({ search, hits, isSearching, isCapped: hits.length >= MOST_HITS, error });
    if (search === '') {
      setFound(NOTHING);
      return;
    }
    if (isNew) show(true);
    try {
      await studio.ready();
      for (let hasEnded = false; !hasEnded && hits.length < MOST_HITS;) {
        const from = looked.current.to;
        const part = await studio.client.call('runs.searchLog', { run: runId, attempt, search, from });
        if (!isCurrent()) return;
        // The line that was still being written is looked at again.
        hits = [...hits.filter((offset) => offset < from), ...part.hits];
        looked.current = { search, to: part.nextOffset };
        ({ hasEnded } = part);
        show(!hasEnded);
      }
      show(false);
    } catch (thrown) {
      if (isCurrent()) show(false, thrown as StudioError);
    }
  });
  useEffect(() => {
    let current = true;
    void searchOn(() => current);
    return () => {
      current = false;
    };
  }, [search, sizeBytes]);
  return found;
}
