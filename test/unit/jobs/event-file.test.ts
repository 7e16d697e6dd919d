import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readLines, READ_BYTES } from '../../../electron/core/jobs/event-file.ts';
import type { TailPosition } from '../../../electron/core/jobs/job-record.ts';

let folder: string;
let file: string;
const START: TailPosition = { offsetBytes: 0, seq: 0, fileIdentity: undefined, status: 'open' };

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'event-file-'));
  file = path.join(folder, 'events.ndjson');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Reads until there is nothing, as the tailer does, and returns the lines and the last position. */
function readAll(from: TailPosition): { lines: string[]; position: TailPosition; reads: number } {
  const lines: string[] = [];
  let position = from;
  let reads = 0;
  for (;;) {
    const result = readLines(file, position);
    if (result.kind === 'nothing') return { lines, position, reads };
    if (result.kind !== 'lines') throw new Error(result.kind);
    reads += 1;
    for (const line of result.lines) {
      lines.push(line.toString());
      position = { ...position, offsetBytes: position.offsetBytes + line.length + 1 };
    }
    position = { ...position, fileIdentity: result.fileIdentity };
  }
}

test('no file yet is nothing to read', () => {
  expect(readLines(file, START)).toEqual({ kind: 'nothing' });
});

test('lines of any lengths, written in any pieces, come out as they went in', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 50 }).map((text) => text.replaceAll(/[\n\r]/gu, '')),
    fc.integer({ min: READ_BYTES - 2, max: READ_BYTES + 2 }).map((length) => 'x'.repeat(length)),
    fc.constant('法'.repeat(READ_BYTES)),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (written, pieces) => {
      rmSync(file, { force: true });
      const bytes = Buffer.from(written.map((text) => `${text}\n`).join(''));
      const size = Math.ceil(bytes.length / pieces) || 1;
      let position = START;
      const read: string[] = [];
      writeFileSync(file, '');
      for (let start = 0; start < bytes.length; start += size) {
        appendFileSync(file, bytes.subarray(start, start + size));
        const result = readAll(position);
        read.push(...result.lines);
        position = result.position;
      }
      expect(read).toEqual(written);
      expect(position.offsetBytes).toBe(bytes.length);
    }),
    { numRuns: 60 },
  );
});

test('a torn last line is not read, and is read once it is whole', () => {
  writeFileSync(file, 'one\ntw');
  const first = readAll(START);
  expect(first.lines).toEqual(['one']);
  appendFileSync(file, 'o\n');
  expect(readAll(first.position).lines).toEqual(['two']);
});

test('a large file comes in batches, so that one transaction stays small', () => {
  const line = `${'x'.repeat(999)}\n`;
  writeFileSync(file, line.repeat(5000));
  const { lines, reads } = readAll(START);
  expect(lines).toHaveLength(5000);
  expect(reads).toBeGreaterThan(3);
});

test('a file that is shorter, gone or another one is told from one with nothing new', () => {
  writeFileSync(file, 'one\ntwo\n');
  const { position } = readAll(START);
  expect(readLines(file, position)).toEqual({ kind: 'nothing' });
  const copy = path.join(folder, 'copy');
  copyFileSync(file, copy);
  truncateSync(file, 3);
  expect(readLines(file, position)).toMatchObject({ kind: 'replaced' });
  renameSync(copy, file);
  expect(readLines(file, position)).toMatchObject({ kind: 'replaced' });
  rmSync(file);
  expect(readLines(file, position)).toMatchObject({ kind: 'replaced' });
});
