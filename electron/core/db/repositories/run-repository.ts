import type { Database } from 'better-sqlite3';
import type { RunSort } from '../../../shared/contract/methods/runs.ts';
import type { RunState } from '../../../shared/domain/run-state.ts';
import type { ErrorBody } from '../../../shared/contract/studio-error.ts';
import type { Recipe } from '../../../shared/protocol/recipe.ts';
import { containsPattern, createReferenceFinder, type ReferenceFinder } from './find-by-reference.ts';
import { createRecordTable, type ColumnsOf } from './record-table.ts';

export type RunRecord = {
  readonly id: string;
  readonly name: string;
  readonly state: RunState;
  readonly origin: 'studio' | 'adopted';
  readonly dir: string;
  readonly recipe: Recipe;
  readonly modelId?: string | undefined;
  readonly modelName: string;
  readonly modelPath: string;
  readonly datasetId?: string | undefined;
  readonly datasetName: string;
  readonly datasetPath: string;
  readonly createdAtMs: number;
  readonly startedAtMs?: number | undefined;
  readonly endedAtMs?: number | undefined;
  readonly attempts: number;
  /** Job of the newest attempt. */
  readonly jobId?: string | undefined;
  readonly step: number;
  readonly steps?: number | undefined;
  readonly epoch?: number | undefined;
  readonly loss?: number | undefined;
  readonly lossFirst?: number | undefined;
  readonly evalLoss?: number | undefined;
  readonly evalLossFirst?: number | undefined;
  readonly bestEvalLoss?: number | undefined;
  readonly bestEvalStep?: number | undefined;
  readonly tokensPerSecond?: number | undefined;
  readonly etaMs?: number | undefined;
  readonly plan?: Readonly<Record<string, unknown>> | undefined;
  readonly device?: Readonly<Record<string, unknown>> | undefined;
  readonly result?: Readonly<Record<string, unknown>> | undefined;
  readonly error?: ErrorBody | undefined;
  readonly tags: readonly string[];
  readonly note: string;
};

const RUN_COLUMNS: ColumnsOf<RunRecord> = {
  id: 'text',
  name: 'text',
  state: 'text',
  origin: 'text',
  dir: 'text',
  recipe: 'json',
  modelId: 'text',
  modelName: 'text',
  modelPath: 'text',
  datasetId: 'text',
  datasetName: 'text',
  datasetPath: 'text',
  createdAtMs: 'number',
  startedAtMs: 'number',
  endedAtMs: 'number',
  attempts: 'number',
  jobId: 'text',
  step: 'number',
  steps: 'number',
  epoch: 'number',
  loss: 'number',
  lossFirst: 'number',
  evalLoss: 'number',
  evalLossFirst: 'number',
  bestEvalLoss: 'number',
  bestEvalStep: 'number',
  tokensPerSecond: 'number',
  etaMs: 'number',
  plan: 'json',
  device: 'json',
  result: 'json',
  error: 'json',
  tags: 'json',
  note: 'text',
};

export type RunQuery = {
  readonly search: string;
  readonly states: readonly RunState[];
  readonly sort: RunSort;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
};

const SORT_COLUMNS: Readonly<Record<RunSort, string>> = {
  createdAtMs: 'created_at_ms',
  name: 'name COLLATE NOCASE',
  state: 'state',
  modelName: 'model_name COLLATE NOCASE',
  datasetName: 'dataset_name COLLATE NOCASE',
  step: 'step',
  loss: 'loss',
  evalLoss: 'eval_loss',
  bestEvalLoss: 'best_eval_loss',
  tokensPerSecond: 'tokens_per_second',
};

export type RunRepository = {
  insert(run: RunRecord): void;
  save(run: RunRecord): void;
  byId(id: string): RunRecord | undefined;
  byJob(jobId: string): RunRecord | undefined;
  find: ReferenceFinder<RunRecord>;
  live(): readonly RunRecord[];
  /** Runs that wait in the queue, oldest first; the queue itself knows their order. */
  waiting(): readonly RunRecord[];
  list(query: RunQuery): { readonly total: number; readonly items: readonly RunRecord[] };
  /** Runs that read a dataset file or model folder now, or will when their turn comes. */
  usersOf(path: string): readonly RunRecord[];
  remove(id: string): void;
};

export function createRunRepository(db: Database): RunRepository {
  const table = createRecordTable<RunRecord>(db, 'runs', RUN_COLUMNS, ['id']);
  const select = `SELECT ${table.columns} FROM runs`;
  const liveStates = `state IN ('starting', 'running', 'stopping')`;
  const byId = db.prepare(`${select} WHERE id = ?`);
  const byJob = db.prepare(`${select} WHERE id = (SELECT run_id FROM attempts WHERE job_id = ?)`);
  const live = db.prepare(`${select} WHERE ${liveStates} ORDER BY created_at_ms`);
  const waiting = db.prepare(`${select} WHERE state = 'queued' ORDER BY created_at_ms, id`);
  const usersOf = db.prepare(
    `${select} WHERE (${liveStates} OR state = 'queued') AND (dataset_path = @path OR model_path = @path)`,
  );
  const remove = db.prepare('DELETE FROM runs WHERE id = ?');
  const matching = `
    WHERE (@search = '' OR name LIKE @pattern ESCAPE '\\' OR model_name LIKE @pattern ESCAPE '\\'
           OR dataset_name LIKE @pattern ESCAPE '\\' OR id LIKE @pattern ESCAPE '\\'
           OR note LIKE @pattern ESCAPE '\\'
           OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value LIKE @pattern ESCAPE '\\'))
      AND (@states = '[]' OR state IN (SELECT value FROM json_each(@states)))`;
  const count = db.prepare(`SELECT count(*) AS total FROM runs ${matching}`);
  const pages = new Map(
    (Object.keys(SORT_COLUMNS) as RunSort[]).flatMap((sort) =>
      [true, false].map((descending) => {
        const direction = descending ? 'DESC' : 'ASC';
        const order = `${SORT_COLUMNS[sort]} ${direction} NULLS LAST, id ${direction}`;
        return [
          `${sort}:${String(descending)}`,
          db.prepare(`${select} ${matching} ORDER BY ${order} LIMIT @limit OFFSET @offset`),
        ] as const;
      }),
    ),
  );
  const readOptional = (row: unknown): RunRecord | undefined =>
    row === undefined ? undefined : table.read(row);

  return {
    insert: table.insert,
    save: table.save,
    byId: (id) => readOptional(byId.get(id)),
    byJob: (jobId) => readOptional(byJob.get(jobId)),
    find: createReferenceFinder(db, 'runs', table.columns, table.read),
    live: () => live.all().map(table.read),
    waiting: () => waiting.all().map(table.read),
    list: ({ search, states, sort, descending, offset, limit }) => {
      const filter = { search, pattern: containsPattern(search), states: JSON.stringify(states) };
      const { total } = count.get(filter) as { total: number };
      const page = pages.get(`${sort}:${String(descending)}`);
      return { total, items: (page?.all({ ...filter, offset, limit }) ?? []).map(table.read) };
    },
    usersOf: (path) => usersOf.all({ path }).map(table.read),
    remove: (id) => void remove.run(id),
  };
}
