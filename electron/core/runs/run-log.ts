import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { LONGEST_LINE_BYTES, shownText, splitLines, type RawLine } from './log-lines.ts';

/** `cut`: characters at the end that are not shown. */
export type LogLine = Readonly<{ offset: number; text: string; cut?: number }>;

export type LogPage = Readonly<{
  /** Byte range of `lines`; the next page begins at `to`, the one before ends at `from`. */
  from: number;
  to: number;
  sizeBytes: number;
  lines: LogLine[];
  /** The beginning of a line that is still being written; it begins at `to`. */
  open?: LogLine;
}>;

/** From a byte on, or up to a byte, or neither: the end of the file. */
export type LogPlace = Readonly<{ from?: number | undefined; before?: number | undefined }>;

/** More on one line is nothing that a person reads. */
const MOST_CHARACTERS = 8000;
const LINE_FEED = 0x0a;

/** Whole lines of a log around a place. Returns undefined where the file does not exist. */
export function readLogPage(file: string, place: LogPlace, limitBytes: number): LogPage | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const sizeBytes = fstatSync(descriptor).size;
    const read = (from: number, to: number): Buffer => {
      const buffer = Buffer.alloc(Math.max(0, to - from));
      return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, from));
    };
    return place.from === undefined
      ? pageBefore(read, Math.min(place.before ?? sizeBytes, sizeBytes), sizeBytes, limitBytes)
      : pageFrom(read, Math.min(place.from, sizeBytes), sizeBytes, limitBytes);
  } finally {
    closeSync(descriptor);
  }
}

type Read = (from: number, to: number) => Buffer;

function pageFrom(read: Read, from: number, sizeBytes: number, limitBytes: number): LogPage {
  for (const limit of [limitBytes, LONGEST_LINE_BYTES]) {
    const buffer = read(from, Math.min(sizeBytes, from + limit));
    const { lines, rest } = splitLines(buffer, from);
    const isEnd = from + buffer.length >= sizeBytes;
    if (lines.length > 0 || isEnd) return page(lines, from, rest, isEnd, sizeBytes);
    if (limit === LONGEST_LINE_BYTES) return piece(buffer, from, sizeBytes);
  }
  return { from, to: from, sizeBytes, lines: [] };
}

function pageBefore(read: Read, end: number, sizeBytes: number, limitBytes: number): LogPage {
  for (const limit of [limitBytes, LONGEST_LINE_BYTES]) {
    const start = Math.max(0, end - limit);
    const buffer = read(start, end);
    // The feed that ends the last line begins none.
    const feed = start === 0 ? -1 : buffer.subarray(0, -1).indexOf(LINE_FEED);
    if (start === 0 || feed !== -1) {
      const from = start + feed + 1;
      const { lines, rest } = splitLines(buffer.subarray(feed + 1), from);
      return page(lines, from, rest, end === sizeBytes, sizeBytes);
    }
    if (limit === LONGEST_LINE_BYTES) {
      const skipped = firstBorder(buffer);
      return piece(buffer.subarray(skipped), start + skipped, sizeBytes);
    }
  }
  return { from: end, to: end, sizeBytes, lines: [] };
}

function page(
  lines: readonly RawLine[],
  from: number,
  rest: RawLine,
  isEnd: boolean,
  sizeBytes: number,
): LogPage {
  const shown = lines.map(toLine);
  if (rest.bytes.length === 0 || !isEnd) return { from, to: rest.offset, sizeBytes, lines: shown };
  return { from, to: rest.offset, sizeBytes, lines: shown, open: toLine(rest) };
}

/** A part of a line that is too long, cut between characters. */
function piece(buffer: Buffer, from: number, sizeBytes: number): LogPage {
  const length = lastBorder(buffer);
  const bytes = buffer.subarray(0, length);
  return { from, to: from + length, sizeBytes, lines: [toLine({ offset: from, bytes })] };
}

function toLine({ offset, bytes }: RawLine): LogLine {
  const text = shownText(bytes);
  if (text.length <= MOST_CHARACTERS) return { offset, text };
  return { offset, text: text.slice(0, MOST_CHARACTERS), cut: text.length - MOST_CHARACTERS };
}

/** Bytes 10xxxxxx continue a UTF-8 character. */
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;
/** Bytes of the longest UTF-8 character. */
const LONGEST_CHARACTER = 4;

function firstBorder(buffer: Buffer): number {
  let from = 0;
  while (from < buffer.length && from < LONGEST_CHARACTER && isContinuation(buffer[from] ?? 0)) from += 1;
  return from;
}

/** The end of the last whole character; the end of the buffer where the bytes are no UTF-8. */
export function lastBorder(buffer: Buffer): number {
  for (let back = 1; back <= LONGEST_CHARACTER && back < buffer.length; back++) {
    const byte = buffer[buffer.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? buffer.length - back : buffer.length;
  }
  return buffer.length;
}
