import type { Database } from 'better-sqlite3';
import type { DatasetView } from '../../../shared/contract/methods/datasets.ts';
import type { ColumnsOf } from './record-table.ts';
import {
  containsBound,
  containsCondition,
  createRecordShelf,
  type PageRange,
  type RecordPage,
  type RecordShelf,
} from './record-shelf.ts';

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

export type DatasetRepository = Pick<
  RecordShelf<DatasetRecord>,
  'insert' | 'save' | 'byId' | 'find' | 'remove'
> & {
  byJob(jobId: string): DatasetRecord | undefined;
  list(query: PageRange & { readonly search: string }): RecordPage<DatasetRecord>;
};

export function createDatasetRepository(db: Database): DatasetRepository {
  const shelf = createRecordShelf<DatasetRecord>(db, 'datasets', DATASET_COLUMNS);
  const pages = shelf.pages(containsCondition(['name', 'id']), 'created_at_ms DESC, id DESC');
  return {
    ...shelf,
    byJob: shelf.first('WHERE job_id = ?'),
    list: ({ search, offset, limit }) => pages(containsBound(search), { offset, limit }),
  };
}
