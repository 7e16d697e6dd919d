import path from 'node:path';

import { ulid } from 'ulid';

import { createRepositories } from '../../electron/core/core-repositories.ts';
import { dataFolder } from '../../electron/core/data-folder.ts';
import { MIGRATIONS } from '../../electron/core/db/migrations/index.ts';
import { openDatabase } from '../../electron/core/db/open.ts';
import type { RunRecord } from '../../electron/core/db/repositories/run-repository.ts';
import { recipeSchema, type Recipe } from '../../electron/shared/protocol/recipe.ts';

const SUBJECTS = [
  '婚姻家事',
  '劳动争议',
  '合同纠纷',
  '刑事辩护',
  '知识产权',
  '公司股权',
  '行政诉讼',
  '交通事故',
];
const MODELS = ['InternLM2-chat-7B', 'InternLM2-chat-20B', 'InternLM-chat-7B', 'Qwen3-8B'];
const DATASETS = ['DISC-Law-SFT（295k）', 'LAW-GPT 问答（52k）', 'LAW-GPT 情景（92k）', '本所咨询记录 2025'];
const STATES = ['done', 'done', 'done', 'done', 'stopped', 'failed', 'interrupted'] as const;
const FIRST_RUN_AT_MS = Date.UTC(2025, 0, 6, 1);
const BETWEEN_RUNS_MS = 47 * 60_000;
const STEPS_APART = 40;

/** Real repositories write `count` ended runs with attempts, curves, tags and notes. */
export async function fillRuns(home: string, count: number): Promise<void> {
  const folder = dataFolder(home);
  const db = await openDatabase(folder.databaseFile, { migrations: MIGRATIONS, nowMs: Date.now });
  try {
    const { runs, attempts, metrics } = createRepositories(db);
    if (runs.list({ ...FIRST_PAGE, limit: 1 }).total >= count) return;
    const recipe = recipeSchema.parse({ model: 'model', dataset: 'dataset' });
    db.transaction(() => {
      for (let at = 0; at < count; at += 1) {
        const run = runAt(at, folder.runsDir, recipe);
        runs.insert(run);
        attempts.save({
          runId: run.id,
          number: 1,
          jobId: run.jobId ?? '',
          dir: path.join(run.dir, 'attempts', '1'),
          startStep: 0,
          createdAtMs: run.createdAtMs,
        });
        for (let step = STEPS_APART; step <= run.step; step += STEPS_APART) {
          metrics.put(run.id, 'loss', step, lossAt(at, step));
        }
      }
    })();
  } finally {
    db.close();
  }
}

const FIRST_PAGE = { search: '', states: [], sort: 'createdAtMs', descending: true, offset: 0 } as const;

const lossAt = (at: number, step: number): number => 0.4 + (at % 97) / 100 + 2 / (1 + step / 50);

/** The same run for the same place, but for its id. */
function runAt(at: number, runsDir: string, recipe: Recipe): RunRecord {
  const createdAtMs = FIRST_RUN_AT_MS + at * BETWEEN_RUNS_MS;
  const id = ulid(createdAtMs);
  const subject = SUBJECTS[at % SUBJECTS.length] ?? '';
  const modelName = MODELS[(at >> 3) % MODELS.length] ?? '';
  const datasetName = DATASETS[(at >> 2) % DATASETS.length] ?? '';
  const state = STATES[(at * 3) % STATES.length] ?? 'done';
  const steps = 400 + ((at * 31) % 1600);
  const step = state === 'done' ? steps : 1 + ((at * 13) % steps);
  // A run that failed at once reported nothing; such rows have no place among the sorted values.
  const isBare = state === 'failed' && at % 2 === 0;
  const rank = 8 << (at % 3);
  const number = String(at).padStart(5, '0');
  return {
    id,
    name: `${subject}-r${String(rank)}-${number}`,
    state,
    origin: 'studio',
    dir: path.join(runsDir, id),
    recipe: { ...recipe, name: `${subject}-${number}`, lora: { ...recipe.lora, rank } },
    modelName,
    modelPath: path.join('/模型', modelName),
    datasetName,
    datasetPath: path.join('/数据', datasetName),
    createdAtMs,
    startedAtMs: createdAtMs + 4000,
    endedAtMs: createdAtMs + BETWEEN_RUNS_MS - 60_000,
    attempts: 1,
    jobId: ulid(createdAtMs),
    step: isBare ? 0 : step,
    steps,
    ...(isBare
      ? { error: { code: 'train.out_of_memory', params: {} } }
      : {
          epoch: (3 * step) / steps,
          loss: lossAt(at, step) + ((at * 7919) % 10_007) / 100_000,
          lossFirst: lossAt(at, 1),
          evalLoss: lossAt(at, step) + 0.02 + ((at * 104_729) % 10_007) / 100_000,
          evalLossFirst: lossAt(at, 1) + 0.02,
          bestEvalLoss: lossAt(at, step) + 0.01 + ((at * 1299) % 9973) / 100_000,
          bestEvalStep: step,
          tokensPerSecond: 9000 + ((at * 611_953) % 8191) / 2,
        }),
    tags: at % 5 === 0 ? ['待复核', `第${String(at % 12)}组`] : [],
    note: at % 9 === 0 ? `学习率减半后重跑，对照 ${String(at - 1)}` : '',
  };
}
