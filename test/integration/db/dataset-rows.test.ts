import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DatasetFile, type RowQuery } from '../../../electron/core/db/repositories/dataset-file.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';

const COUNT = 1000;
/** Cut out of one of the two files, so that ids have a gap. */
const GAP = { from: 300, to: 349 };

type Row = Readonly<{ id: number; split: 'train' | 'eval' | 'excluded'; text: string }>;

const rowAt = (id: number): Row => ({
  id,
  split: id % 50 === 0 ? 'excluded' : id % 10 === 3 ? 'eval' : 'train',
  text: `${id % 3 === 0 ? '离婚后财产' : '劳动合同'}第${String(id)}条`,
});

function writeDataset(file: string, ids: readonly number[]): readonly Row[] {
  const db = new Database(file);
  db.exec(readFileSync(path.join(repositoryRoot, 'resources/protocol/dataset.sql'), 'utf8'));
  db.prepare(
    `INSERT INTO sources VALUES (1, 'a.jsonl', '/a.jsonl', 1, '', 'json-lines', 'utf-8', '{}', ?)`,
  ).run(ids.length);
  const row = db.prepare(
    `INSERT INTO rows VALUES (@id, 1, @id, @id, 'disc-pair', @split, @reason, @messages, '{}', @raw, '', 0)`,
  );
  const words = db.prepare('INSERT INTO rows_fts (rowid, text) VALUES (?, ?)');
  const rows = ids.map(rowAt);
  db.transaction(() => {
    for (const { id, split, text } of rows) {
      const isExcluded = split === 'excluded';
      row.run({
        id,
        split,
        reason: isExcluded ? 'row.empty_value' : null,
        messages: isExcluded ? '[]' : JSON.stringify([{ role: 'user', content: text }]),
        raw: isExcluded ? text : null,
      });
      words.run(id, text.replaceAll(/\p{Script=Han}/gu, ' $& '));
    }
  })();
  db.close();
  return rows;
}

describe('pages of dataset rows', () => {
  let dir: string;
  let whole: readonly Row[];
  let gapped: readonly Row[];
  const all = Array.from({ length: COUNT }, (_, at) => at + 1);

  beforeAll(() => {
    dir = mkdtempSync(path.join(tmpdir(), '数据 '));
    whole = writeDataset(path.join(dir, 'whole.db'), all);
    gapped = writeDataset(
      path.join(dir, 'gapped.db'),
      all.filter((id) => id < GAP.from || id > GAP.to),
    );
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const ask = (file: string, query: RowQuery): Readonly<{ total: number; ids: number[] }> => {
    const { total, items } = DatasetFile.use(path.join(dir, file), (opened) => opened.rows(query));
    return { total, ids: items.map((item) => item.id) };
  };
  const expected = (rows: readonly Row[], { split, search, offset, limit }: RowQuery): unknown => {
    const found = rows.filter((row) => (split === 'all' || row.split === split) && row.text.includes(search));
    return { total: found.length, ids: found.slice(offset, offset + limit).map((row) => row.id) };
  };

  // A page found by its id instead of its place, a part that a search forgets, a count of the page, a lost last row.
  it('are the rows at their places, in every part, with and without a search, beside gaps too', () => {
    for (const [file, rows] of [
      ['whole.db', whole],
      ['gapped.db', gapped],
    ] as const) {
      for (const split of ['all', 'train', 'eval', 'excluded'] as const) {
        for (const search of ['', '离婚', '第99条', '绝无']) {
          for (const offset of [0, 95, 290, 940, 995, 5000]) {
            const query = { split, search, offset, limit: 20 };
            expect({ query, ...ask(file, query) }).toEqual({ query, ...(expected(rows, query) as object) });
          }
        }
      }
    }
  });

  // A search that looks at every text, or runs the full-text query once for each row: minutes on a large dataset.
  it('are searched through the indexes alone', () => {
    const db = new Database(path.join(dir, 'whole.db'), { readonly: true });
    const plan = db
      .prepare(
        `EXPLAIN QUERY PLAN SELECT rowid FROM rows_fts WHERE rows_fts MATCH '"离 婚"' AND EXISTS (
           SELECT 1 FROM rows INDEXED BY rows_by_split WHERE split = 'train' AND id = rows_fts.rowid)`,
      )
      .all() as { detail: string }[];
    db.close();
    const steps = plan.map((step) => step.detail).join('\n');
    expect(steps).toMatch(/SCAN rows_fts VIRTUAL TABLE INDEX/u);
    expect(steps).toMatch(/COVERING INDEX rows_by_split \(split=\? AND id=\?/u);
  });
});
