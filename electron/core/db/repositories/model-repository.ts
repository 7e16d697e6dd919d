import type { Database } from 'better-sqlite3';
import type { ModelView } from '../../../shared/contract/methods/models.ts';
import type { ColumnsOf } from './record-table.ts';
import {
  containsBound,
  containsCondition,
  createRecordShelf,
  type PageRange,
  type RecordPage,
  type RecordShelf,
} from './record-shelf.ts';

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

export type ModelRepository = Pick<
  RecordShelf<ModelRecord>,
  'insert' | 'save' | 'byId' | 'find' | 'remove'
> & {
  byJob(jobId: string): ModelRecord | undefined;
  byPath(path: string): ModelRecord | undefined;
  list(query: PageRange & { readonly search: string }): RecordPage<ModelRecord>;
};

export function createModelRepository(db: Database): ModelRepository {
  const shelf = createRecordShelf<ModelRecord>(db, 'models', MODEL_COLUMNS);
  const pages = shelf.pages(containsCondition(['name', 'path', 'id']), 'created_at_ms DESC, id DESC');
  return {
    ...shelf,
    byJob: shelf.first('WHERE job_id = ?'),
    byPath: shelf.first('WHERE path = ? ORDER BY created_at_ms LIMIT 1'),
    list: ({ search, offset, limit }) => pages(containsBound(search), { offset, limit }),
  };
}
