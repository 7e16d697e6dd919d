import type { Database } from 'better-sqlite3';
import type { ModelView } from '../../../shared/contract/methods/models.ts';
import { containsPattern, createReferenceFinder, type ReferenceFinder } from './find-by-reference.ts';
import { createRecordTable, type ColumnsOf } from './record-table.ts';

export type ModelRecord = Readonly<ModelView>;

const MODEL_COLUMNS: ColumnsOf<ModelRecord> = {
  id: 'text',
  name: 'text',
  path: 'text',
  origin: 'text',
  state: 'text',
  createdAtMs: 'number',
  facts: 'json',
  baseModelPath: 'text',
  runId: 'text',
  step: 'number',
  jobId: 'text',
  error: 'json',
  parity: 'json',
};

export type ModelRepository = {
  insert(model: ModelRecord): void;
  save(model: ModelRecord): void;
  byId(id: string): ModelRecord | undefined;
  byJob(jobId: string): ModelRecord | undefined;
  byPath(path: string): ModelRecord | undefined;
  find: ReferenceFinder<ModelRecord>;
  list(query: { readonly search: string; readonly offset: number; readonly limit: number }): {
    readonly total: number;
    readonly items: readonly ModelRecord[];
  };
  remove(id: string): void;
};

export function createModelRepository(db: Database): ModelRepository {
  const table = createRecordTable<ModelRecord>(db, 'models', MODEL_COLUMNS, ['id']);
  const select = `SELECT ${table.columns} FROM models`;
  const matching = `WHERE (@search = '' OR name LIKE @pattern ESCAPE '\\' OR path LIKE @pattern ESCAPE '\\'
                           OR id LIKE @pattern ESCAPE '\\')`;
  const byId = db.prepare(`${select} WHERE id = ?`);
  const byJob = db.prepare(`${select} WHERE job_id = ?`);
  const byPath = db.prepare(`${select} WHERE path = ? ORDER BY created_at_ms LIMIT 1`);
  const count = db.prepare(`SELECT count(*) AS total FROM models ${matching}`);
  const page = db.prepare(
    `${select} ${matching} ORDER BY created_at_ms DESC, id DESC LIMIT @limit OFFSET @offset`,
  );
  const remove = db.prepare('DELETE FROM models WHERE id = ?');
  const readOptional = (row: unknown): ModelRecord | undefined =>
    row === undefined ? undefined : table.read(row);
  return {
    insert: table.insert,
    save: table.save,
    byId: (id) => readOptional(byId.get(id)),
    byJob: (jobId) => readOptional(byJob.get(jobId)),
    byPath: (path) => readOptional(byPath.get(path)),
    find: createReferenceFinder(db, 'models', table.columns, table.read),
    list: ({ search, offset, limit }) => {
      const filter = { search, pattern: containsPattern(search) };
      const { total } = count.get(filter) as { total: number };
      return { total, items: page.all({ ...filter, offset, limit }).map(table.read) };
    },
    remove: (id) => void remove.run(id),
  };
}
