import type { Database } from 'better-sqlite3';

import { createReferenceFinder, type ReferenceFinder } from './find-by-reference.ts';
import { createRecordTable, type ColumnsOf, type RecordTable } from './record-table.ts';

export type RecordPage<Row> = Readonly<{ total: number; items: readonly Row[] }>;
export type PageRange = Readonly<{ offset: number; limit: number }>;
type Bound = Readonly<Record<string, string | number>>;

/** What a table of records that people name, search and remove offers to every repository. */
export type RecordShelf<Row> = Pick<RecordTable<Row>, 'insert' | 'save'> &
  Readonly<{
    byId: (id: string) => Row | undefined;
    find: ReferenceFinder<Row>;
    remove: (id: string) => void;
    /** Prepares the records that `rest` of a SELECT (from WHERE on) finds. */
    all: (rest: string) => (...parameters: readonly (string | Bound)[]) => readonly Row[];
    /** Prepares the first of them. */
    first: (rest: string) => (...parameters: readonly (string | Bound)[]) => Row | undefined;
    /** Prepares pages of the records for which `condition` holds. */
    pages: (condition: string, order: string) => (bound: Bound, range: PageRange) => RecordPage<Row>;
  }>;

/** `search` in one of the columns, as a condition over `@search` and `@pattern` of {@link containsBound}. */
export function containsCondition(columns: readonly string[], further: readonly string[] = []): string {
  const likes = columns.map((column) => `${column} ${LIKE_PATTERN}`);
  return `(@search = '' OR ${[...likes, ...further].join(' OR ')})`;
}

/** The one way of comparing with `@pattern`. */
export const LIKE_PATTERN = `LIKE @pattern ESCAPE '\\'`;

/** What {@link containsCondition} is bound to; wildcards in `search` are taken literally. */
export function containsBound(search: string): Readonly<{ search: string; pattern: string }> {
  const literal = search.replace(/[\\%_]/gu, (character) => `\\${character}`);
  return { search, pattern: `%${literal}%` };
}

export function createRecordShelf<Row extends { readonly id: string }>(
  db: Database,
  name: string,
  columns: ColumnsOf<Row>,
): RecordShelf<Row> {
  const table = createRecordTable<Row>(db, name, columns, ['id']);
  const select = `SELECT ${table.columns} FROM ${name}`;
  const remove = db.prepare(`DELETE FROM ${name} WHERE id = ?`);
  const all: RecordShelf<Row>['all'] = (rest) => {
    const statement = db.prepare(`${select} ${rest}`);
    return (...parameters) => statement.all(...parameters).map(table.read);
  };
  const first: RecordShelf<Row>['first'] = (rest) => {
    const statement = db.prepare(`${select} ${rest}`);
    return (...parameters) => {
      const row = statement.get(...parameters);
      return row === undefined ? undefined : table.read(row);
    };
  };
  return {
    insert: table.insert,
    save: table.save,
    byId: first('WHERE id = ?'),
    find: createReferenceFinder(db, name, table.columns, table.read),
    remove: (id) => void remove.run(id),
    all,
    first,
    pages: (condition, order) => {
      const count = db.prepare(`SELECT count(*) FROM ${name} WHERE ${condition}`).pluck();
      // Only keys are sorted and skipped; whole records, which are hundreds of times larger, are read for the page.
      const page = db.prepare(`${select} WHERE rowid IN (
        SELECT rowid FROM ${name} WHERE ${condition} ORDER BY ${order} LIMIT @limit OFFSET @offset
      ) ORDER BY ${order}`);
      return (bound, range) => ({
        total: count.get(bound) as number,
        items: page.all({ ...bound, ...range }).map(table.read),
      });
    },
  };
}
