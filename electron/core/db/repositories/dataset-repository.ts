import type { Database } from 'better-sqlite3';
import type { DatasetView } from '../../../shared/contract/methods/datasets.ts';
import { containsPattern, createReferenceFinder, type ReferenceFinder } from './find-by-reference.ts';
import { createRecordTable, type ColumnsOf } from './record-table.ts';

export type DatasetRecord = Readonly<DatasetView>;

const DATASET_COLUMNS: ColumnsOf<DatasetRecord> = {
  id: 'text',
  name: 'text',
  path: 'text',
  state: 'text',
  jobId: 'text',
  createdAtMs: 'number',
  counts: 'json',
  contentHash: 'text',
  error: 'json',
};

export type DatasetRepository = {
  insert(dataset: DatasetRecord): void;
  save(dataset: DatasetRecord): void;
  byId(id: string): DatasetRecord | undefined;
  byJob(jobId: string): DatasetRecord | undefined;
  find: ReferenceFinder<DatasetRecord>;
  list(query: { readonly search: string; readonly offset: number; readonly limit: number }): {
    readonly total: number;
    readonly items: readonly DatasetRecord[];
  };
  remove(id: string): void;
};

export function createDatasetRepository(db: Database): DatasetRepository {
  const table = createRecordTable<DatasetRecord>(db, 'datasets', DATASET_COLUMNS, ['id']);
  const select = `SELECT ${table.columns} FROM datasets`;
  const matching = `WHERE (@search = '' OR name LIKE @pattern ESCAPE '\\' OR id LIKE @pattern ESCAPE '\\')`;
  const byId = db.prepare(`${select} WHERE id = ?`);
  const byJob = db.prepare(`${select} WHERE job_id = ?`);
  const count = db.prepare(`SELECT count(*) AS total FROM datasets ${matching}`);
  const page = db.prepare(
    `${select} ${matching} ORDER BY created_at_ms DESC, id DESC LIMIT @limit OFFSET @offset`,
  );
  const remove = db.prepare('DELETE FROM datasets WHERE id = ?');
  const readOptional = (row: unknown): DatasetRecord | undefined =>
    row === undefined ? undefined : table.read(row);
  return {
    insert: table.insert,
    save: table.save,
    byId: (id) => readOptional(byId.get(id)),
    byJob: (jobId) => readOptional(byJob.get(jobId)),
    find: createReferenceFinder(db, 'datasets', table.columns, table.read),
    list: ({ search, offset, limit }) => {
      const filter = { search, pattern: containsPattern(search) };
      const { total } = count.get(filter) as { total: number };
      return { total, items: page.all({ ...filter, offset, limit }).map(table.read) };
    },
    remove: (id) => void remove.run(id),
  };
}
