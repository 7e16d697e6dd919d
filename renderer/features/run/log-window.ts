import type { LogLine } from '../../../electron/shared/contract/methods/runs.ts';
import type { OutputOf } from '../../api/hooks.ts';

export type LogPage = OutputOf<'runs.log'>;

/** A stretch of a log file that is held here, whole lines without a gap; offsets are bytes. */
export type LogWindow = Readonly<{
  from: number;
  to: number;
  sizeBytes: number;
  lines: readonly LogLine[];
  /** A line that is still being written, at the end of the file only. */
  open: LogLine | undefined;
  /** Lines of this stretch before the first one held, negative after pages were put before it. */
  shift: number;
  /** Grows when the stretch is another one, so that no line stays where it was. */
  epoch: number;
}>;

/** Lines held at most: about two megabytes of text, which the browser does not draw. */
export const MOST_LINES = 20_000;

/** A window onto another place. */
export function newWindow(pages: readonly LogPage[], before: LogWindow | undefined): LogWindow {
  const last = pages.at(-1);
  return {
    from: pages[0]?.from ?? 0,
    to: last?.to ?? 0,
    sizeBytes: last?.sizeBytes ?? 0,
    lines: pages.flatMap((page) => page.lines),
    open: last?.open,
    shift: 0,
    epoch: (before?.epoch ?? 0) + 1,
  };
}

/** What is held with the page that begins at its end; a page of another place changes nothing. */
export function withNext(held: LogWindow, page: LogPage): LogWindow {
  if (page.from !== held.to) return held;
  const lines = page.lines.length === 0 ? held.lines : [...held.lines, ...page.lines];
  const grown = { ...held, to: page.to, sizeBytes: page.sizeBytes, lines, open: page.open };
  const surplus = lines.length - MOST_LINES;
  if (surplus <= 0) return grown;
  const kept = lines.slice(surplus);
  return { ...grown, lines: kept, from: kept[0]?.offset ?? page.from, shift: held.shift + surplus };
}

/** What is held with the page that ends at its beginning; a page of another place changes nothing. */
export function withPrevious(held: LogWindow, page: LogPage): LogWindow {
  if (page.to !== held.from) return held;
  const lines = [...page.lines, ...held.lines];
  const grown = { ...held, from: page.from, lines, shift: held.shift - page.lines.length };
  const surplus = lines.length - MOST_LINES;
  if (surplus <= 0) return grown;
  return {
    ...grown,
    lines: lines.slice(0, -surplus),
    to: lines.at(-surplus)?.offset ?? held.to,
    open: undefined,
  };
}

/** Whether the last line held is the last of the file. */
export function reachesEnd(held: LogWindow): boolean {
  return held.to >= held.sizeBytes || held.open !== undefined;
}
