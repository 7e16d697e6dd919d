import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LONGEST_LINE_BYTES, shownText } from '../../../electron/core/runs/log-lines.ts';
import { readLogPage } from '../../../electron/core/runs/run-log.ts';
import { searchLog } from '../../../electron/core/runs/search-log.ts';

let dir: string;
let file: string;

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'log-'));
  file = path.join(dir, 'log.txt');
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const line = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '合', '同', '😀', 'é'), maxLength: 12 });
const log = fc.array(line, { maxLength: 30 });

/** Every line of the log by paging in one direction, the open one included. */
function paged(direction: 'forward' | 'backward', limitBytes: number): string[] {
  const shown: string[] = [];
  let place: { from?: number; before?: number } = direction === 'forward' ? { from: 0 } : {};
  for (let page = 0; page < 1000; page += 1) {
    const one = readLogPage(file, place, limitBytes);
    if (one === undefined) throw new Error('there is a file');
    const texts = one.lines.map((each) => each.text);
    const open = one.open === undefined ? [] : [one.open.text];
    if (direction === 'forward') {
      shown.push(...texts, ...open);
      if (one.open !== undefined || one.to === one.sizeBytes) return shown;
      place = { from: one.to };
    } else {
      shown.unshift(...texts, ...open);
      if (one.from === 0) return shown;
      place = { before: one.from };
    }
  }
  throw new Error('paging does not end');
}

describe('readLogPage', () => {
  it('gives every line once at any page size, forwards and backwards, whole characters only', () => {
    fc.assert(
      fc.property(log, line, fc.integer({ min: 1, max: 40 }), (lines, open, limit) => {
        writeFileSync(file, lines.map((one) => `${one}\n`).join('') + open);
        const expected = open === '' ? lines : [...lines, open];
        expect(paged('forward', limit)).toEqual(expected);
        expect(paged('backward', limit)).toEqual(expected);
      }),
    );
  });

  it('reads a line that was still being written again when it is whole', () => {
    writeFileSync(file, '第一行\n第二');
    const page = readLogPage(file, {}, 100);
    expect(page).toMatchObject({ to: 10, open: { offset: 10, text: '第二' } });
    appendFileSync(file, '行\n');
    expect(readLogPage(file, { from: page?.to }, 100)?.lines).toEqual([{ offset: 10, text: '第二行' }]);
  });

  it('comes to an end in a line without an end, and in bytes that are no UTF-8', () => {
    for (const content of [Buffer.alloc(LONGEST_LINE_BYTES * 2 + 7, '同'), Buffer.alloc(5000, 0xbf)]) {
      writeFileSync(file, content);
      expect(paged('forward', 512).length).toBeGreaterThan(0);
      expect(paged('backward', 512).length).toBeGreaterThan(0);
    }
  });

  it('says that a file which is shorter than it was has no such place', () => {
    writeFileSync(file, 'a\n');
    expect(readLogPage(file, { from: 500 }, 100)).toMatchObject({ from: 2, to: 2, lines: [] });
  });

  it('is undefined without a file', () => {
    expect(readLogPage(path.join(dir, 'none.txt'), {}, 8)).toBeUndefined();
  });
});

describe('shownText', () => {
  // A progress bar of an hour is one line of a megabyte that nobody can read.
  it.each([
    ['\r 10%\r 50%\r100%', '100%'],
    ['loading 3/3\r', 'loading 3/3'],
    ['windows line\r', 'windows line'],
    ['\u001b[31m错误\u001b[0m: \u001b[1;33mnan\u001b[m', '错误: nan'],
    ['\u001b]0;title\u0007text\u001b[2K', 'text'],
    ['a\u0000b\tc', 'ab\tc'],
  ])('%j reads %j', (raw, shown) => expect(shownText(Buffer.from(raw))).toBe(shown));
});

/** Everything found, in as many answers as it takes. */
async function found(search: string, limit: number): Promise<number[]> {
  const hits: number[] = [];
  for (let from = 0; ;) {
    const part = await searchLog(file, { search, from, limit });
    if (part === undefined) throw new Error('there is a file');
    hits.push(...part.hits);
    if (part.hasEnded) return hits;
    from = part.nextOffset;
  }
}

describe('searchLog', () => {
  it('finds the first byte of every line that contains it in any case, in answers of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        log,
        line,
        fc.constantFrom('b', 'A合', '同', '😀', ' '),
        fc.integer({ min: 1, max: 5 }),
        async (lines, open, search, limit) => {
          writeFileSync(file, lines.map((one) => `${one}\n`).join('') + open);
          const expected: number[] = [];
          let offset = 0;
          for (const one of [...lines, open]) {
            if (one.toLowerCase().includes(search.toLowerCase())) expected.push(offset);
            offset += Buffer.byteLength(one) + 1;
          }
          expect(await found(search, limit)).toEqual(expected);
        },
      ),
    );
  });

  it('finds what lies across the borders of what is read at once', async () => {
    const filler = `${'x'.repeat(99)}\n`.repeat(2621);
    for (const shift of [0, 1, 2, 3, 4, 5]) {
      writeFileSync(file, `${filler}${'y'.repeat(38 + shift)}合同纠纷\n${filler}合同纠纷`);
      expect((await found('合同纠纷', 10)).length).toBe(2);
    }
  });

  it('finds what is shown, not what a progress bar wrote over or what paints it', async () => {
    writeFileSync(file, 'gone\rshown\n\u001b[31mre\u001b[0md\n');
    expect(await found('gone', 10)).toEqual([]);
    expect(await found('shown', 10)).toEqual([0]);
    expect(await found('red', 10)).toEqual([11]);
    expect(await found('31m', 10)).toEqual([]);
  });

  it('looks through a line without an end piece by piece', async () => {
    writeFileSync(file, `${'a'.repeat(LONGEST_LINE_BYTES + 100)}needle`);
    expect(await found('needle', 10)).toEqual([LONGEST_LINE_BYTES]);
  });

  it('goes on where it ended when the log has grown', async () => {
    writeFileSync(file, 'x 1\ny\nx');
    const first = await searchLog(file, { search: 'x', from: 0, limit: 10 });
    expect(first).toMatchObject({ hits: [0, 6], nextOffset: 6, hasEnded: true });
    appendFileSync(file, ' 2\nx 3\n');
    const second = await searchLog(file, { search: 'x', from: first?.nextOffset ?? 0, limit: 10 });
    expect(second).toMatchObject({ hits: [6, 10], hasEnded: true });
  });
});
