import { useEffect, useLayoutEffect, useMemo, useRef, type ReactElement, type RefObject } from 'react';

import { useVirtualizer } from '@tanstack/react-virtual';

import type { LogLine } from '../../../electron/shared/contract/methods/runs.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { splitMatches } from './log-marks.ts';
import { reachesEnd, type LogWindow } from './log-window.ts';
import classes from './run-log.module.css';

const LINE_PX = 18;
/** Lines from either end at which the next page is asked for, so that scrolling does not run dry. */
const NEAR_LINES = 60;

export type LogTarget = Readonly<{ offset: number; time: number }>;

export type LogViewProps = Readonly<{
  log: LogWindow;
  search: string;
  /** The line found that a person stands on. */
  currentOffset: number | undefined;
  /** Scrolled into the middle when it changes. */
  target: LogTarget | undefined;
  /** Whether the end of the file is in view; kept up to date here. */
  isAtEnd: RefObject<boolean>;
  /** Told when that changes. */
  onAtEnd: (isAtEnd: boolean) => void;
  onNearStart: () => void;
  onNearEnd: () => void;
}>;

/** The lines held of a log, of which only those in view are drawn; it stays at the end while it is at the end. */
export function LogView(props: LogViewProps): ReactElement {
  const { log, search, currentOffset, target, isAtEnd, onAtEnd, onNearStart, onNearEnd } = props;
  const words = useWords('run');
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(
    () => (log.open === undefined ? log.lines : [...log.lines, log.open]),
    [log.lines, log.open],
  );
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  useStay(box, log, lines, isAtEnd, target);

  const drawn = rows.getVirtualItems();
  const first = drawn[0]?.index ?? 0;
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    if (first < NEAR_LINES) onNearStart();
    if (last > lines.length - NEAR_LINES) onNearEnd();
  }, [first, last, lines.length, onNearStart, onNearEnd]);

  const columns = useMemo(() => widest(lines), [lines]);
  return (
    <div
      ref={box}
      className={classes['log']}
      tabIndex={0}
      role="region"
      aria-label={words('tab.log')}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        // The end of what is held is not yet the end of the file.
        const now = reachesEnd(log) && scrollTop + clientHeight > scrollHeight - LINE_PX;
        if (now !== isAtEnd.current) onAtEnd(now);
        isAtEnd.current = now;
      }}
    >
      <div
        className={classes['lines']}
        style={{ height: rows.getTotalSize(), width: `max(100%, ${String(columns + 4)}ch)` }}
      >
        {drawn.map((row) => {
          const line = lines[row.index];
          if (line === undefined) return null;
          return (
            <div
              key={line.offset}
              className={classes['line']}
              data-current={line.offset === currentOffset ? true : undefined}
              style={{ transform: `translateY(${String(row.start)}px)` }}
            >
              <Line line={line} search={search} />
              {line.cut !== undefined && (
                <span className={classes['cut']}>
                  {words('log.cut', { count: line.cut, cut: formatNumber(line.cut) })}
                </span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Line({ line, search }: Readonly<{ line: LogLine; search: string }>): ReactElement {
  return (
    <>
      {splitMatches(line.text, search).map((piece, at) =>
        piece.isMatch ? (
          <mark key={at} className={classes['hit']}>
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}

/** Keeps the lines in view in their place when others come before them, and the end in view when it was. */
function useStay(
  box: RefObject<HTMLDivElement | null>,
  log: LogWindow,
  lines: readonly LogLine[],
  isAtEnd: RefObject<boolean>,
  target: LogTarget | undefined,
): void {
  const drawn = useRef<Readonly<{ epoch: number; shift: number }> | undefined>(undefined);
  const reached = useRef<LogTarget | undefined>(undefined);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const before = drawn.current;
    drawn.current = { epoch: log.epoch, shift: log.shift };
    if (target !== undefined && target !== reached.current) {
      const at = lines.findLastIndex((line) => line.offset <= target.offset);
      if (at !== -1) {
        reached.current = target;
        element.scrollTop = (at + 0.5) * LINE_PX - element.clientHeight / 2;
        return;
      }
    }
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (before?.epoch === log.epoch && before.shift !== log.shift)
      element.scrollTop += (before.shift - log.shift) * LINE_PX;
  }, [box, log.epoch, log.shift, lines, isAtEnd, target]);
}

/** Columns of the widest line; Chinese takes two. */
function widest(lines: readonly LogLine[]): number {
  let most = 0;
  for (const { text } of lines) {
    if (text.length * 2 <= most) continue;
    let columns = text.length;
    for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x2e7f) columns += 1;
    most = Math.max(most, columns);
  }
  return most;
}
