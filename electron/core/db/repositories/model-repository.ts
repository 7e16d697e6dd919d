import type { Database } from 'better-sqlite3';
import type { ModelSort, ModelView } from '../../../shared/contract/methods/models.ts';
import type { ModelKind } from '../../../shared/domain/model-kinds.ts';
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
  kind: 'text',
  origin: 'text',
  state: 'text',
  createdAtMs: 'number',
  facts: 'json',
  source: 'json',
  baseModelPath: 'text',
  runId: 'text',
  step: 'number',
  jobId: 'text',
  error: 'json',
  parity: 'json',
};

export type LibraryQuery = PageRange &
  Readonly<{ search: string; kinds: readonly ModelKind[]; sort: ModelSort; descending: boolean }>;
/** Where an entry of the library is kept: a model of its own, or a run that has an adapter. */
export type LibraryEntry = Readonly<{ holder: 'model' | 'run'; id: string }>;

export type ModelRepository = Pick<
  RecordShelf<ModelRecord>,
  'insert' | 'save' | 'byId' | 'find' | 'remove'
> & {
  byJob(jobId: string): ModelRecord | undefined;
  byPath(path: string): ModelRecord | undefined;
  /** Records of their own, newest first. */
  list(query: PageRange & { readonly search: string }): RecordPage<ModelRecord>;
  /** Whole models that adapters may belong to. */
  bases(): readonly ModelRecord[];
  /** Records and the adapters of runs as one list. */
  library(query: LibraryQuery): RecordPage<LibraryEntry>;
};

/**
 * An adapter of a run lies in its folder: the final one, or those of its checkpoints. What full fine-tuning made is a
 * record of its own.
 */
const LIBRARY = `
  SELECT 'model' AS holder, id, name, path, kind, created_at_ms, source,
    json_extract(facts, '$.architecture') AS architecture, json_extract(facts, '$.parameters') AS parameters,
    json_extract(facts, '$.bytes') AS bytes
  FROM models
  UNION ALL
  SELECT 'run', id, name, dir, 'adapter', coalesce(ended_at_ms, created_at_ms), NULL, model_name, NULL, NULL
  FROM runs
  WHERE json_extract(recipe, '$.method') IS NOT 'full'
    AND (state = 'done' OR (state IN ('stopped', 'failed', 'interrupted')
      AND EXISTS (SELECT 1 FROM checkpoints WHERE run_id = runs.id)))`;

const MATCHING = `${containsCondition(['name', 'path', 'id', 'architecture', 'source'])}
  AND (@kinds = '[]' OR kind IN (SELECT value FROM json_each(@kinds)))`;

const SORT_COLUMNS: Readonly<Record<ModelSort, string>> = {
  createdAtMs: 'created_at_ms',
  name: 'name COLLATE NOCASE',
  kind: 'kind',
  parameters: 'parameters',
  bytes: 'bytes',
};

export function createModelRepository(db: Database): ModelRepository {
  const shelf = createRecordShelf<ModelRecord>(db, 'models', MODEL_COLUMNS);
  const pages = shelf.pages(containsCondition(['name', 'path', 'id']), 'created_at_ms DESC, id DESC');
  const count = db.prepare(`SELECT count(*) FROM (${LIBRARY}) WHERE ${MATCHING}`).pluck();
  const pageBy = (sort: ModelSort, direction: 'ASC' | 'DESC') =>
    db.prepare(`SELECT holder, id FROM (${LIBRARY}) WHERE ${MATCHING}
      ORDER BY ${SORT_COLUMNS[sort]} ${direction} NULLS LAST, id ${direction} LIMIT @limit OFFSET @offset`);
  const ordered = new Map(
    (Object.keys(SORT_COLUMNS) as ModelSort[]).map((sort) => [
      sort,
      { ascending: pageBy(sort, 'ASC'), descending: pageBy(sort, 'DESC') },
    ]),
  );
  return {
    ...shelf,
    byJob: shelf.first('WHERE job_id = ?'),
    byPath: shelf.first('WHERE path = ? ORDER BY created_at_ms LIMIT 1'),
    bases: shelf.all(`WHERE kind IN ('base', 'merged') ORDER BY created_at_ms`),
    list: ({ search, offset, limit }) => pages(containsBound(search), { offset, limit }),
    library: ({ search, kinds, sort, descending, offset, limit }) => {
      const bound = { ...containsBound(search), kinds: JSON.stringify(kinds) };
      const statements = ordered.get(sort);
      const page = descending ? statements?.descending : statements?.ascending;
      return {
        total: count.get(bound) as number,
        items: (page?.all({ ...bound, limit, offset }) ?? []) as readonly LibraryEntry[],
      };
    },
  };
}
