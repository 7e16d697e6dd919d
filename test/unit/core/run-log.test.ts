import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readLogSlice } from '../../../electron/core/runs/run-log.ts';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'log-'));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('readLogSlice', () => {
  it('gives the whole text, page by page, without a broken character at any page size', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (text, limit) => {
          const file = path.join(dir, 'log.txt');
          writeFileSync(file, text);
          let joined = '';
          let offset = 0;
          for (let page = 0; page <= Buffer.byteLength(text); page++) {
            const slice = readLogSlice(file, offset, limit);
            expect(slice?.offset).toBe(offset);
            joined += slice?.text ?? '';
            offset = slice?.nextOffset ?? 0;
            if (offset === slice?.sizeBytes) break;
          }
          expect(joined).toBe(text);
        },
      ),
    );
  });

  it('begins at a character when it is asked for the end only', () => {
    const file = path.join(dir, 'end.txt');
    writeFileSync(file, '第一行\n第二行');
    expect(readLogSlice(file, undefined, 12)?.text).toBe('\n第二行');
  });

  it('does not loop on bytes that are no UTF-8', () => {
    const file = path.join(dir, 'bytes.txt');
    writeFileSync(file, Buffer.alloc(20, 0xbf));
    expect(readLogSlice(file, 0, 8)?.nextOffset).toBeGreaterThan(0);
  });

  it('is undefined without a file', () => {
    expect(readLogSlice(path.join(dir, 'none.txt'), 0, 8)).toBeUndefined();
  });
});
