import type { Database } from 'better-sqlite3';
import type { RunSort } from '../../../shared/contract/methods/runs.ts';
import type { RunState } from '../../../shared/domain/run-state.ts';
import type { ErrorBody } from '../../../shared/contract/studio-error.ts';
import type { Recipe } from '../../../shared/protocol/recipe.ts';
import type { ColumnsOf } from './record-table.ts';
import {
  LIKE_PATTERN,
  containsBound,
  containsCondition,
  createRecordShelf,
  type PageRange,
  type RecordPage,
  type RecordShelf,
} from './record-shelf.ts';

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

export type RunQuery = PageRange & {
  readonly search: string;
  readonly states: readonly RunState[];
  readonly sort: RunSort;
  readonly descending: boolean;
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

export type RunRepository = Pick<RecordShelf<RunRecord>, 'insert' | 'save' | 'byId' | 'find' | 'remove'> & {
  byJob(jobId: string): RunRecord | undefined;
  live(): readonly RunRecord[];
  /** Runs that wait in the queue, oldest first; the queue itself knows their order. */
  waiting(): readonly RunRecord[];
  list(query: RunQuery): RecordPage<RunRecord>;
  /** Runs that read a dataset file or model folder now, or will when their turn comes. */
  usersOf(path: string): readonly RunRecord[];
  /** The newest runs of a model folder that this studio trained at least `minSteps` steps. */
  newestOfModel(path: string, minSteps: number, limit: number): readonly RunRecord[];
};

const LIVE = `state IN ('starting', 'running', 'stopping')`;
const SEARCHED = ['name', 'model_name', 'dataset_name', 'id', 'note'];
const HAS_TAG = `EXISTS (SELECT 1 FROM json_each(tags) WHERE value ${LIKE_PATTERN})`;
const MATCHING = `${containsCondition(SEARCHED, [HAS_TAG])}
  AND (@states = '[]' OR state IN (SELECT value FROM json_each(@states)))`;

export function createRunRepository(db: Database): RunRepository {
  const shelf = createRecordShelf<RunRecord>(db, 'runs', RUN_COLUMNS);
  const usersOf = shelf.all(
    `WHERE (${LIVE} OR state = 'queued') AND (dataset_path = @path OR model_path = @path)`,
  );
  const newestOfModel = shelf.all(
    `WHERE model_path = @path AND origin = 'studio' AND step >= @minSteps
     ORDER BY created_at_ms DESC, id DESC LIMIT @limit`,
  );
  const pagesBy = (sort: RunSort, direction: 'ASC' | 'DESC'): ReturnType<typeof shelf.pages> =>
    shelf.pages(MATCHING, `${SORT_COLUMNS[sort]} ${direction} NULLS LAST, id ${direction}`);
  const pages = new Map(
    (Object.keys(SORT_COLUMNS) as RunSort[]).map((sort) => [
      sort,
      { ascending: pagesBy(sort, 'ASC'), descending: pagesBy(sort, 'DESC') },
    ]),
  );
  return {
    ...shelf,
    byJob: shelf.first('WHERE id = (SELECT run_id FROM attempts WHERE job_id = ?)'),
    live: shelf.all(`WHERE ${LIVE} ORDER BY created_at_ms`),
    waiting: shelf.all(`WHERE state = 'queued' ORDER BY created_at_ms, id`),
    list: ({ search, states, sort, descending, offset, limit }) => {
      const bound = { ...containsBound(search), states: JSON.stringify(states) };
      const page = descending ? pages.get(sort)?.descending : pages.get(sort)?.ascending;
      return page?.(bound, { offset, limit }) ?? { total: 0, items: [] };
    },
    usersOf: (path) => usersOf({ path }),
    newestOfModel: (path, minSteps, limit) => newestOfModel({ path, minSteps, limit }),
  };
}
