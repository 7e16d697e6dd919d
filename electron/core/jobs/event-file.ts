import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { MAX_LINE_BYTES } from './event-line.ts';
import type { TailPosition } from './job-record.ts';

export const READ_BYTES = 64 * 1024;
/** One transaction stores at most this many reads, so that a flood neither starves the core nor the disk. */
const READS_PER_BATCH = 16;

export type ReadResult =
  /** Complete lines from the position on; `more` says that reading again now is worth while. */
  | Readonly<{ kind: 'lines'; lines: readonly Buffer[]; fileIdentity: string; more: boolean }>
  /** Nothing complete to read: no file yet, the end, or a line that is still being written. */
  | Readonly<{ kind: 'nothing' }>
  | Readonly<{ kind: 'replaced'; reason: string }>
  | Readonly<{ kind: 'endless-line'; fileIdentity: string }>;

/**
 * Reads complete lines of an append-only file from a position. A last line without a newline is left alone:
 * its writer is either still at it or dead, and in both cases it is not for the reader to repair.
 */
export function readLines(file: string, position: TailPosition): ReadResult {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (position.fileIdentity === undefined) return { kind: 'nothing' };
    return { kind: 'replaced', reason: 'the file is gone' };
  }
  try {
    const stat = fstatSync(descriptor, { bigint: true });
    const fileIdentity = `${stat.dev}:${stat.ino}`;
    if (position.fileIdentity !== undefined && position.fileIdentity !== fileIdentity) {
      return { kind: 'replaced', reason: 'another file stands in its place' };
    }
    if (stat.size < position.offsetBytes) {
      return {
        kind: 'replaced',
        reason: `${stat.size} bytes long, ${position.offsetBytes} were read before`,
      };
    }
    return readFrom(descriptor, position.offsetBytes, fileIdentity);
  } finally {
    closeSync(descriptor);
  }
}

function readFrom(descriptor: number, offsetBytes: number, fileIdentity: string): ReadResult {
  const lines: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let next = offsetBytes;
  let reads = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(READ_BYTES);
    const count = readSync(descriptor, chunk, 0, READ_BYTES, next);
    next += count;
    reads += 1;
    rest = splitLines(Buffer.concat([rest, chunk.subarray(0, count)]), lines);
    const atEnd = count < READ_BYTES;
    if (rest.length > MAX_LINE_BYTES && lines.length === 0) return { kind: 'endless-line', fileIdentity };
    // A line longer than the batch is read on to its end; its length is limited above.
    if (atEnd || (reads >= READS_PER_BATCH && lines.length > 0)) {
      return lines.length === 0 ? { kind: 'nothing' } : { kind: 'lines', lines, fileIdentity, more: !atEnd };
    }
  }
}

/** Appends the complete lines of `bytes` to `lines`, without newlines, and returns what is left. */
function splitLines(bytes: Buffer, lines: Buffer[]): Buffer {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) return bytes.subarray(start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
}
