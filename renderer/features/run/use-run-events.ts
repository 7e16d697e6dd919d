import { useCallback, useEffect, useRef, useState } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { OutputOf } from '../../api/hooks.ts';
import { studio } from '../../api/studio-client.ts';

type EventRow = OutputOf<'runs.events'>['items'][number];

type RunEventRows = Readonly<{
  rows: readonly EventRow[];
  /** There are older ones than were asked for. */
  more: boolean;
  error: StudioError | undefined;
  /** The next page, or the failed one again. */
  ask: () => void;
}>;

const PAGE = 200;

/**
 * Events of a run from the oldest on, a page at a time. `mark` changes when there may be new ones: one question is
 * on its way at a time, so that marks that come faster than answers do not keep them all from being shown.
 */
export function useRunEvents(runId: string, types: readonly string[], mark: string): RunEventRows {
  const [shown, setShown] = useState<Omit<RunEventRows, 'ask'>>({ rows: [], more: false, error: undefined });
  const known = useRef<{ rows: readonly EventRow[]; more: boolean }>({ rows: [], more: false });
  const flight = useRef({ isAsking: false, isAskedAgain: false, isGone: false });
  const ask = useCallback(async (): Promise<void> => {
    const now = flight.current;
    if (now.isAsking) {
      now.isAskedAgain = true;
      return;
    }
    now.isAsking = true;
    // A further page is a person's wish.
    const isWanted = (): boolean => now.isAskedAgain && !now.isGone && !known.current.more;
    let error: StudioError | undefined;
    try {
      await studio.ready();
      do {
        now.isAskedAgain = false;
        const last = known.current.rows.at(-1);
        const page = await studio.client.call('runs.events', {
          run: runId,
          types: [...types],
          limit: PAGE,
          ...(last === undefined ? {} : { after: { attempt: last.attempt, seq: last.seq } }),
        });
        known.current = { rows: [...known.current.rows, ...page.items], more: page.more };
      } while (isWanted());
    } catch (thrown) {
      error = thrown as StudioError;
    }
    now.isAsking = false;
    if (!now.isGone) setShown({ ...known.current, error });
  }, [runId, types]);
  useEffect(() => {
    const now = flight.current;
    now.isGone = false;
    return () => {
      now.isGone = true;
    };
  }, []);
  useEffect(() => {
    if (!known.current.more) void ask();
  }, [ask, mark]);
  return { ...shown, ask: () => void ask() };
}
