import Database from 'better-sqlite3';

import type {
  DatasetProblemView,
  DatasetRowView,
  DatasetSourceView,
} from '../../../shared/contract/methods/datasets.ts';
import { StudioError } from '../../../shared/contract/studio-error.ts';
import { fullTextQuery } from '../../../shared/domain/full-text-query.ts';
import type { RowCharacters } from '../../../shared/domain/preflight/token-lengths.ts';

/** `LEDS`, the application id of resources/protocol/dataset.sql. */
const APPLICATION_ID = 0x4c454453;
const SCHEMA_VERSION = 1;

export type DatasetFacts = Readonly<{
  counts: Readonly<{ rows: number; train: number; eval: number; excluded: number; unreadable: number }>;
  contentHash: string;
  createdAtMs: number;
}>;

export type DatasetStatistics = Readonly<{
  key: string;
  createdAtMs: number;
  value: Record<string, unknown>;
}>;
export type DatasetOrigin = Readonly<{
  evalFraction: number | undefined;
  seed: number | undefined;
  sources: readonly Readonly<{
    file: string;
    path: string;
    bytes: number;
    sha256: string;
    records: number;
  }>[];
}>;
export type ProblemCount = Readonly<{ code: string; level: 'error' | 'warning'; count: number }>;
export type Page<Item> = Readonly<{ total: number; items: Item[] }>;

export type RowQuery = Readonly<{
  split: 'all' | 'train' | 'eval' | 'excluded';
  search: string;
  offset: number;
  limit: number;
}>;

export type ProblemQuery = Readonly<{ code: string | undefined; offset: number; limit: number }>;

type Sql = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => value as string;
const number = (value: unknown): number => value as number;

/** The only SQL on dataset files (schema: resources/protocol/dataset.sql). */
export class DatasetFile {
  readonly #db: Database.Database;

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Runs `work` on an opened dataset file and closes it again. Throws `dataset.unreadable`. */
  static use<Result>(
    path: string,
    work: (file: DatasetFile) => Result,
    access: 'read' | 'write' = 'read',
  ): Result {
    let db: Database.Database | undefined;
    try {
      db = new Database(path, { fileMustExist: true, readonly: access === 'read' });
      const isOurs =
        db.pragma('application_id', { simple: true }) === APPLICATION_ID &&
        db.pragma('user_version', { simple: true }) === SCHEMA_VERSION;
      if (!isOurs) throw new StudioError('dataset.unreadable', { path }, { detail: 'not a dataset file' });
      return work(new DatasetFile(db));
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
      throw new StudioError('dataset.unreadable', { path }, { detail: error.message, cause: error });
    } finally {
      db?.close();
    }
  }

  facts(): DatasetFacts {
    const rows = this.#db.prepare('SELECT key, value FROM meta').all() as { key: string; value: string }[];
    const meta = new Map(rows.map((row) => [row.key, row.value]));
    const count = (key: string): number => Number(meta.get(key) ?? 0);
    return {
      counts: {
        rows: count('rows'),
        train: count('train'),
        eval: count('eval'),
        excluded: count('excluded'),
        unreadable: count('unreadable'),
      },
      contentHash: meta.get('contentHash') ?? '',
      createdAtMs: count('createdAtMs'),
    };
  }

  /** What rows were made of and how they were divided: files with their SHA-256, share and seed of the split. */
  origin(): DatasetOrigin {
    const meta = new Map(
      (this.#db.prepare('SELECT key, value FROM meta').all() as { key: string; value: string }[]).map(
        (row) => [row.key, row.value],
      ),
    );
    const count = (key: string): number | undefined => {
      const value = meta.get(key);
      return value === undefined || !Number.isFinite(Number(value)) ? undefined : Number(value);
    };
    const sources = this.#db
      .prepare('SELECT file, path, bytes, sha256, records FROM sources ORDER BY id')
      .all() as DatasetOrigin['sources'];
    return { evalFraction: count('evalFraction'), seed: count('seed'), sources };
  }

  sources(): DatasetSourceView[] {
    const rows = this.#db
      .prepare('SELECT id, file, path, bytes, container, encoding, layouts, records FROM sources ORDER BY id')
      .all() as (Omit<DatasetSourceView, 'layouts'> & { layouts: string })[];
    return rows.map((row) => ({ ...row, layouts: JSON.parse(row.layouts) as Record<string, number> }));
  }

  /** A page of rows in the order of reading, and how many there are in all; any page costs about the same. */
  rows({ split, search, offset, limit }: RowQuery): Page<DatasetRowView> {
    const bound = {
      ...(split === 'all' ? {} : { split }),
      ...(search === '' ? {} : { match: fullTextQuery(search) }),
    };
    const found = this.#idsFound({ split, search });
    const total = this.#db.prepare(`SELECT count(*) FROM ${found.from}`).pluck().get(bound) as number;
    const ids = this.#pageOfIds({ ...found, bound, total, offset, limit });
    const rows = this.#db
      .prepare(
        `SELECT r.id, r.split, s.file, r.line, r.layout, r.excluded_reason, r.messages, r.extra, r.raw
         FROM rows r JOIN sources s ON s.id = r.source_id
         WHERE r.id IN (SELECT value FROM json_each(?)) ORDER BY r.id`,
      )
      .all(JSON.stringify(ids)) as Sql[];
    return { total, items: rows.map(toRowView) };
  }

  /**
   * Where the ids of a query come from: the full-text index or the one over `split`, never the rows themselves,
   * whose texts make a look at every one a thousand times as expensive.
   */
  #idsFound({ split, search }: Pick<RowQuery, 'split' | 'search'>): Readonly<{ id: string; from: string }> {
    if (search !== '') {
      const inSplit =
        split === 'all'
          ? ''
          : `AND EXISTS (SELECT 1 FROM rows INDEXED BY rows_by_split
                         WHERE split = @split AND id = rows_fts.rowid)`;
      return { id: 'rowid', from: `rows_fts WHERE rows_fts MATCH @match ${inSplit}` };
    }
    return { id: 'id', from: split === 'all' ? 'rows' : 'rows WHERE split = @split' };
  }

  #pageOfIds(page: {
    readonly id: string;
    readonly from: string;
    readonly bound: Readonly<Record<string, string>>;
    readonly total: number;
    readonly offset: number;
    readonly limit: number;
  }): readonly number[] {
    const { id, from, bound, total, offset, limit } = page;
    if (from === 'rows') {
      const { first, last } = this.#db
        .prepare('SELECT (SELECT min(id) FROM rows) AS first, (SELECT max(id) FROM rows) AS last')
        .get() as { first: number | null; last: number | null };
      // Without a gap, as the importer writes them, a row's place is its id.
      if (first !== null && last !== null && last - first + 1 === total) {
        const length = Math.max(0, Math.min(limit, total - offset));
        return Array.from({ length }, (_, at) => first + offset + at);
      }
    }
    return this.#db
      .prepare(`SELECT ${id} FROM ${from} ORDER BY ${id} LIMIT @limit OFFSET @offset`)
      .pluck()
      .all({ ...bound, limit, offset }) as number[];
  }

  problems(query: ProblemQuery): Page<DatasetProblemView> {
    const where = query.code === undefined ? '' : 'WHERE p.code = @code';
    const bound = query.code === undefined ? {} : { code: query.code };
    const { total } = this.#db.prepare(`SELECT count(*) AS total FROM problems p ${where}`).get(bound) as {
      total: number;
    };
    const rows = this.#db
      .prepare(
        `SELECT s.file, p.record, p.line, p.code, p.level, p.key, p.detail
         FROM problems p JOIN sources s ON s.id = p.source_id ${where}
         ORDER BY p.id LIMIT @limit OFFSET @offset`,
      )
      .all({ ...bound, limit: query.limit, offset: query.offset }) as Sql[];
    return { total, items: rows.map(toProblemView) };
  }

  problemCounts(): ProblemCount[] {
    return this.#db
      .prepare(
        'SELECT code, level, count(*) AS count FROM problems GROUP BY code, level ORDER BY count DESC, code',
      )
      .all() as ProblemCount[];
  }

  /** Why rows are excluded, most frequent first; the counts add up to the excluded rows. */
  excludedReasons(): { code: string; count: number }[] {
    return this.#db
      .prepare(
        `SELECT excluded_reason AS code, count(*) AS count FROM rows WHERE split = 'excluded'
         GROUP BY excluded_reason ORDER BY count DESC, code`,
      )
      .all() as { code: string; count: number }[];
  }

  /** Characters of the training rows; of evenly spread ones and the longest where there are more than `most`. */
  trainingRowCharacters(most: number): RowCharacters[] {
    const { total } = this.#db.prepare(`SELECT count(*) AS total FROM rows WHERE split = 'train'`).get() as {
      total: number;
    };
    const stride = Math.max(1, Math.ceil(total / most));
    const longest =
      stride === 1
        ? ''
        : `OR r.id = (SELECT id FROM rows WHERE split = 'train' ORDER BY length(messages) DESC LIMIT 1)`;
    return this.#db
      .prepare(
        `SELECT sum(length(m.value ->> '$.content')) AS characters,
           sum(CASE m.value ->> '$.role' WHEN 'assistant' THEN length(m.value ->> '$.content') ELSE 0 END)
             AS answerCharacters,
           count(*) AS messages
         FROM rows r, json_each(r.messages) m
         WHERE r.split = 'train' AND (r.id % @stride = 0 ${longest}) GROUP BY r.id`,
      )
      .all({ stride }) as RowCharacters[];
  }

  statistics(): DatasetStatistics[] {
    const rows = this.#db
      .prepare('SELECT key, created_at_ms AS createdAtMs, value FROM statistics ORDER BY created_at_ms DESC')
      .all() as { key: string; createdAtMs: number; value: string }[];
    return rows.map((row) => ({ ...row, value: JSON.parse(row.value) as Record<string, unknown> }));
  }

  saveStatistics(statistics: DatasetStatistics): void {
    this.#db
      .prepare(
        `INSERT INTO statistics (key, created_at_ms, value) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET created_at_ms = excluded.created_at_ms, value = excluded.value`,
      )
      .run(statistics.key, statistics.createdAtMs, JSON.stringify(statistics.value));
  }
}

function toRowView(row: Sql): DatasetRowView {
  return {
    id: number(row['id']),
    split: row['split'] as DatasetRowView['split'],
    file: text(row['file']),
    ...(row['line'] === null ? {} : { line: number(row['line']) }),
    layout: text(row['layout']),
    ...(row['excluded_reason'] === null ? {} : { excludedReason: text(row['excluded_reason']) }),
    messages: JSON.parse(text(row['messages'])) as DatasetRowView['messages'],
    extra: JSON.parse(text(row['extra'])) as Record<string, unknown>,
    ...(row['raw'] === null ? {} : { raw: text(row['raw']) }),
  };
}

function toProblemView(row: Sql): DatasetProblemView {
  return {
    file: text(row['file']),
    ...(row['record'] === null ? {} : { record: number(row['record']) }),
    ...(row['line'] === null ? {} : { line: number(row['line']) }),
    code: text(row['code']),
    level: row['level'] as DatasetProblemView['level'],
    ...(row['key'] === null ? {} : { key: text(row['key']) }),
    ...(row['detail'] === null ? {} : { detail: text(row['detail']) }),
  };
}
