import { open, type FileHandle } from 'node:fs/promises';

import { isPlain, LONGEST_LINE_BYTES, shownText, splitLines, type RawLine } from './log-lines.ts';
import { lastBorder } from './run-log.ts';

export type LogSearch = Readonly<{
  /** Looked for in any case, within a line as it is shown. */
  search: string;
  /** Where a line begins: 0, or `nextOffset` of the answer before. */
  from: number;
  /** Lines found after which this answer ends. */
  limit: number;
}>;

export type LogFindings = Readonly<{
  sizeBytes: number;
  /** First bytes of the lines that contain it, ascending. */
  hits: number[];
  /** Where to look on. A line that is still being written is looked at again then. */
  nextOffset: number;
  hasEnded: boolean;
}>;

const CHUNK_BYTES = 262_144;
/** Bytes looked at for one answer: a fraction of a second, after which a person is told how many there are so far. */
const MOST_BYTES = 16_777_216;

/**
 * Looks through a log from a place on, holding one chunk and one line of it at a time. Returns undefined where
 * the file does not exist.
 */
export async function searchLog(file: string, query: LogSearch): Promise<LogFindings | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch {
    return undefined;
  }
  try {
    return await searchIn(handle, query);
  } finally {
    await handle.close();
  }
}

async function searchIn(handle: FileHandle, { search, from, limit }: LogSearch): Promise<LogFindings> {
  const { size: sizeBytes } = await handle.stat();
  const needle = search.toLowerCase();
  const hits: number[] = [];
  const end = Math.min(sizeBytes, from + MOST_BYTES);
  let carried: RawLine = { offset: Math.min(from, sizeBytes), bytes: Buffer.alloc(0) };
  for (let position = carried.offset; position < end;) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, sizeBytes - position));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const joined = Buffer.concat([carried.bytes, chunk.subarray(0, bytesRead)]);
    const { lines, rest } = splitLines(joined, carried.offset);
    const cut = piecesOf(rest);
    for (const line of matching([...lines, ...cut.pieces], needle, joined)) {
      hits.push(line.offset);
      if (hits.length === limit) {
        const after = line.offset + line.bytes.length;
        // The feed of a whole line; a piece of a long one has none.
        const isPiece = cut.pieces.includes(line);
        return { sizeBytes, hits, nextOffset: after + (isPiece ? 0 : 1), hasEnded: false };
      }
    }
    carried = cut.rest;
  }
  const hasEnded = end === sizeBytes;
  if (hasEnded && contains(carried, needle)) hits.push(carried.offset);
  return { sizeBytes, hits, nextOffset: carried.offset, hasEnded };
}

function matching(lines: readonly RawLine[], needle: string, block: Buffer): readonly RawLine[] {
  const text = block.toString('utf8');
  // Most blocks have no hit and need not be looked at line by line.
  if (isPlain(text) && !text.toLowerCase().includes(needle)) return [];
  return lines.filter((line) => contains(line, needle));
}

function contains({ bytes }: RawLine, needle: string): boolean {
  return shownText(bytes).toLowerCase().includes(needle);
}

/** A line that has grown too long is given away in pieces, so that memory stays bounded. */
function piecesOf(rest: RawLine): Readonly<{ pieces: readonly RawLine[]; rest: RawLine }> {
  const pieces: RawLine[] = [];
  let { offset, bytes } = rest;
  while (bytes.length >= LONGEST_LINE_BYTES) {
    const head = bytes.subarray(0, LONGEST_LINE_BYTES);
    const length = lastBorder(head);
    pieces.push({ offset, bytes: head.subarray(0, length) });
    offset += length;
    bytes = bytes.subarray(length);
  }
  return { pieces, rest: { offset, bytes } };
}
