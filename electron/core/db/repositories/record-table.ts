import type { Database } from 'better-sqlite3';

export type ColumnKind = 'text' | 'number' | 'boolean' | 'json';

/** One column kind for every field of a record; the column is the field's name in snake case. */
export type ColumnsOf<Row> = Readonly<Record<keyof Row & string, ColumnKind>>;

type SqlValue = string | number | null;
type SqlRow = Readonly<Record<string, unknown>>;

export type RecordTable<Row> = {
  /** Column list for a SELECT, in the order of the fields. */
  readonly columns: string;
  readonly read: (row: unknown) => Row;
  readonly insert: (record: Row) => void;
  /** Inserts, or replaces every column but the key. */
  readonly save: (record: Row) => void;
};

const snakeCase = (field: string): string => field.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);

const toSql = (kind: ColumnKind, value: unknown): SqlValue => {
  if (value === undefined || value === null) return null;
  switch (kind) {
    case 'text':
    case 'number':
      return value as string | number;
    case 'boolean':
      return value === true ? 1 : 0;
    case 'json':
      return JSON.stringify(value);
  }
};

const fromSql = (kind: ColumnKind, value: unknown): unknown => {
  if (value === null || value === undefined) return undefined;
  switch (kind) {
    case 'text':
    case 'number':
      return value;
    case 'boolean':
      return value === 1;
    case 'json':
      return JSON.parse(value as string);
  }
};

/**
 * Maps records with camelCase fields to rows of `table`: `undefined` to NULL, booleans to 0 and 1, objects to
 * JSON text. Its statements are prepared once.
 */
export function createRecordTable<Row extends object>(
  db: Database,
  table: string,
  kinds: ColumnsOf<Row>,
  key: readonly (keyof Row & string)[],
): RecordTable<Row> {
  const fields = Object.keys(kinds) as (keyof Row & string)[];
  const names = fields.map(snakeCase);
  const placeholders = fields.map((field) => `@${field}`).join(', ');
  const into = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${placeholders})`;
  const changes = fields
    .filter((field) => !key.includes(field))
    .map((field) => `${snakeCase(field)} = excluded.${snakeCase(field)}`);
  const insert = db.prepare(into);
  const save = db.prepare(
    `${into} ON CONFLICT (${key.map(snakeCase).join(', ')}) DO UPDATE SET ${changes.join(', ')}`,
  );
  const bind = (record: Row): Record<string, SqlValue> =>
    Object.fromEntries(fields.map((field) => [field, toSql(kinds[field], record[field])]));

  return {
    columns: names.join(', '),
    read: (row) => {
      const source = row as SqlRow;
      const entries = fields
        .map((field, at) => [field, fromSql(kinds[field], source[names[at] ?? field])] as const)
        .filter(([, value]) => value !== undefined);
      return Object.fromEntries(entries) as Row;
    },
    insert: (record) => void insert.run(bind(record)),
    save: (record) => void save.run(bind(record)),
  };
}
