import { useEffect, useEffectEvent, useRef, useState } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { InputOf } from '../../api/hooks.ts';
import { studio } from '../../api/studio-client.ts';
import { newWindow, reachesEnd, withNext, withPrevious, type LogPage, type LogWindow } from './log-window.ts';

const POLL_MS = 1500;
const JUMP_BYTES = 32_768;

export type FollowedLog = Readonly<{
  log: LogWindow | undefined;
  error: StudioError | undefined;
  /** Reads a page more at either end. */
  earlier: () => void;
  later: () => void;
  toEnd: () => void;
  toStart: () => void;
  /** Makes the line at this byte, and those around it, the ones that are held. */
  goTo: (offset: number) => Promise<void>;
}>;

/** A stretch of an attempt's log; while the run goes on and its end is held, it grows. */
export function useLogWindow(
  runId: string,
  attempt: number,
  isLive: boolean,
  /** Asked before lines are added at the end; false where somebody reads further up and the window is full. */
  mayGrow: () => boolean,
): FollowedLog {
  const [log, setLog] = useState<LogWindow | undefined>(undefined);
  const [error, setError] = useState<StudioError | undefined>(undefined);
  const held = useRef<LogWindow | undefined>(undefined);
  const isReading = useRef(false);

  const keep = (next: LogWindow): void => {
    held.current = next;
    setLog(next);
    setError(undefined);
  };
  const read = async (
    place: Pick<InputOf<'runs.log'>, 'from' | 'before' | 'limitBytes'>,
  ): Promise<LogPage> => {
    await studio.ready();
    return studio.client.call('runs.log', { run: runId, attempt, ...place });
  };
  /** One question at a time; one that comes while another is open is dropped, and asked again by its cause. */
  const alone = async (work: () => Promise<void>): Promise<void> => {
    if (isReading.current) return;
    isReading.current = true;
    try {
      await work();
    } catch (thrown) {
      setError(thrown as StudioError);
    } finally {
      isReading.current = false;
    }
  };
  const toEnd = (): void => void alone(async () => keep(newWindow([await read({})], held.current)));
  const later = (): void =>
    void alone(async () => {
      const now = held.current;
      if (now === undefined) keep(newWindow([await read({})], undefined));
      else {
        const page = await read({ from: now.to });
        // The file is shorter than it was: it was begun anew.
        keep(page.from === now.to ? withNext(now, page) : newWindow([await read({})], now));
      }
    });
  const earlier = (): void =>
    void alone(async () => {
      const now = held.current;
      if (now !== undefined && now.from > 0) keep(withPrevious(now, await read({ before: now.from })));
    });
  const goTo = async (offset: number): Promise<void> => {
    const now = held.current;
    if (now?.lines.some((line) => line.offset === offset) === true || now?.open?.offset === offset) return;
    isReading.current = true;
    try {
      const pages = [
        await read({ before: offset, limitBytes: JUMP_BYTES }),
        await read({ from: offset, limitBytes: JUMP_BYTES }),
      ];
      keep(newWindow(pages, held.current));
    } catch (thrown) {
      setError(thrown as StudioError);
    } finally {
      isReading.current = false;
    }
  };

  const poll = useEffectEvent(() => {
    const now = held.current;
    if (now === undefined || (reachesEnd(now) && mayGrow())) later();
  });
  useEffect(() => {
    // Also when the run ends: its last words may have come after the last question.
    poll();
    if (!isLive) return undefined;
    const timer = setInterval(poll, POLL_MS);
    return () => clearInterval(timer);
  }, [isLive]);
  const toStart = (): void => void goTo(0);
  return { log, error, earlier, later, toEnd, toStart, goTo };
}
