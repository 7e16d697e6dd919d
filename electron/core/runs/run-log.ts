import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export type LogSlice = Readonly<{ offset: number; nextOffset: number; sizeBytes: number; text: string }>;

/** Bytes 10xxxxxx continue a UTF-8 character. */
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;
/** Bytes of the longest UTF-8 character. */
const LONGEST_CHARACTER = 4;

/**
 * A byte range of a text file, moved to the next character border at its beginning and cut at the last at its
 * end, so that neighbouring ranges join without a broken character. Without an offset: the end of the file.
 * Returns undefined where the file does not exist.
 */
export function readLogSlice(
  file: string,
  offset: number | undefined,
  limitBytes: number,
): LogSlice | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const sizeBytes = fstatSync(descriptor).size;
    const wanted = Math.min(offset ?? Math.max(0, sizeBytes - limitBytes), sizeBytes);
    const length = Math.min(Math.max(limitBytes, LONGEST_CHARACTER), sizeBytes - wanted);
    const buffer = Buffer.alloc(length);
    const read = readSync(descriptor, buffer, 0, length, wanted);
    let from = 0;
    while (from < read && from < LONGEST_CHARACTER && isContinuation(buffer[from] ?? 0)) from += 1;
    const to = wanted + read === sizeBytes ? read : lastBorder(buffer, from, read);
    return {
      offset: wanted + from,
      nextOffset: wanted + to,
      sizeBytes,
      text: buffer.toString('utf8', from, to),
    };
  } finally {
    closeSync(descriptor);
  }
}

/** The end of the last whole character before `end`; `end` itself where the bytes are no UTF-8. */
function lastBorder(buffer: Buffer, from: number, end: number): number {
  for (let back = 1; back <= LONGEST_CHARACTER && end - back >= from; back++) {
    const byte = buffer[end - back] ?? 0;
    if (isContinuation(byte)) continue;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? end - back : end;
  }
  return end;
}
