import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { ulid } from 'ulid';

import { createRepositories, type CoreRepositories } from '../../electron/core/core-repositories.ts';
import { dataFolder } from '../../electron/core/data-folder.ts';
import { MIGRATIONS } from '../../electron/core/db/migrations/index.ts';
import { openDatabase } from '../../electron/core/db/open.ts';
import type { RunRecord } from '../../electron/core/db/repositories/run-repository.ts';
import { createJobFolder } from '../../electron/core/jobs/job-folder.ts';
import { attemptDir, writeRunFile } from '../../electron/core/runs/run-folder.ts';
import type { JobSpec } from '../../electron/shared/protocol/job-spec.ts';
import { recipeSchema } from '../../electron/shared/protocol/recipe.ts';

const MODEL_PATH = '/模型/base';
const DATASET_PATH = '/数据/data.db';

export type WrittenRun = Readonly<{ runId: string; jobId: string; jobDir: string }>;

/** Does something with the repositories of a data folder that no core holds. */
export async function withRepositories<Result>(
  home: string,
  work: (repositories: CoreRepositories) => Result,
): Promise<Result> {
  const db = await openDatabase(dataFolder(home).databaseFile, { migrations: MIGRATIONS, nowMs: Date.now });
  try {
    const repositories = createRepositories(db);
    return repositories.jobs.transaction(() => work(repositories));
  } finally {
    db.close();
  }
}

/** A run whose runner is about to start: its folder and its rows, as the studio leaves them at that moment. */
export function addWrittenRun(
  { runs, attempts, jobs }: CoreRepositories,
  home: string,
  name: string,
  changes: Partial<RunRecord> = {},
): WrittenRun {
  const createdAtMs = Date.now();
  const runId = ulid();
  const jobId = ulid();
  const dir = dataFolder(home).runDir(runId);
  const jobDir = attemptDir(dir, 1);
  const recipe = recipeSchema.parse({ name, model: MODEL_PATH, dataset: DATASET_PATH });
  const nonce = randomUUID();
  const params = {
    runId,
    attempt: 1,
    recipe,
    modelPath: MODEL_PATH,
    datasetPath: DATASET_PATH,
    runDir: dir,
    tokenCacheDir: path.join(home, 'cache'),
    resumeFrom: null,
    initialAdapter: null,
  };
  const spec: JobSpec = { version: 1, id: jobId, kind: 'train', createdAtMs, nonce, params };
  createJobFolder(jobDir, spec);
  writeRunFile(dir, {
    version: 1,
    id: runId,
    name,
    recipe,
    datasetPath: DATASET_PATH,
    modelPath: MODEL_PATH,
    createdAtMs,
    origin: 'studio',
    tags: [],
    note: '',
  });
  runs.insert({
    id: runId,
    name,
    state: 'starting',
    origin: 'studio',
    dir,
    recipe,
    modelName: 'base',
    modelPath: MODEL_PATH,
    datasetName: 'data',
    datasetPath: DATASET_PATH,
    createdAtMs,
    attempts: 1,
    jobId,
    step: 0,
    tags: [],
    note: '',
    ...changes,
  });
  // A run that has steps already goes on after them.
  const resumedFromStep = changes.step;
  attempts.save({ runId, number: 1, jobId, dir: jobDir, createdAtMs, resumedFromStep });
  jobs.insert({ id: jobId, kind: 'train', dir: jobDir, spec, nonce, detached: true, createdAtMs });
  return { runId, jobId, jobDir };
}

export type EventWriter = Readonly<{
  /** Lets the steps begin. */
  go: () => void;
  /** Seconds the writing took. */
  ended: Promise<number>;
  kill: () => void;
}>;

/** Starts the process that writes the events of a run. */
export function startEventWriter(
  jobDir: string,
  figures: Readonly<{ count: number; perSecond: number; afterStep?: number }>,
): EventWriter {
  const program = path.join(import.meta.dirname, 'event-writer.ts');
  const { count, perSecond, afterStep = 0 } = figures;
  const child = spawn(process.execPath, [program, jobDir, ...[count, perSecond, afterStep].map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve((JSON.parse(said) as { seconds: number }).seconds);
      else reject(new Error(`the writer ended with ${String(code)}`));
    });
  });
  return {
    ended,
    go: () => writeFileSync(path.join(jobDir, 'go'), ''),
    kill: () => {
      ended.catch(() => undefined);
      child.kill('SIGKILL');
    },
  };
}
