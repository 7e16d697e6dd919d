import type { Database } from 'better-sqlite3';

/** Records that a person's words may mean, best kind of match first: id, exact name, start of an id. */
export type ReferenceFinder<Row> = (reference: string) => readonly Row[];

/** A prefix shorter than this would match by accident: a ULID's first characters are its time. */
const SHORTEST_PREFIX = 6;
/** As many as an error message can usefully name. */
const MOST_MATCHES = 5;

export function createReferenceFinder<Row>(
  db: Database,
  table: string,
  columns: string,
  read: (row: unknown) => Row,
): ReferenceFinder<Row> {
  const select = `SELECT ${columns} FROM ${table} WHERE`;
  const byId = db.prepare(`${select} id = ?`);
  const byName = db.prepare(`${select} name = ? ORDER BY created_at_ms DESC LIMIT ${String(MOST_MATCHES)}`);
  // A range instead of LIKE, so that `_` and `%` mean themselves and the key's index is used.
  const byPrefix = db.prepare(`${select} id >= @from AND id < @to ORDER BY id LIMIT ${String(MOST_MATCHES)}`);
  return (reference) => {
    const exact = byId.get(reference);
    if (exact !== undefined) return [read(exact)];
    const named = byName.all(reference);
    if (named.length > 0) return named.map(read);
    if (reference.length < SHORTEST_PREFIX) return [];
    const from = reference.toUpperCase();
    return byPrefix.all({ from, to: `${from}\u{10ffff}` }).map(read);
  };
}
