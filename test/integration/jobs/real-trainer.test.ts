import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import Database from 'better-sqlite3';
import { ulid } from 'ulid';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readHeartbeat } from '../../../electron/core/jobs/liveness.ts';
import type { JobKind, JobParams, JobSpec } from '../../../electron/shared/protocol/job-spec.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';
import { PROTOCOL_VERSION } from '../../../electron/shared/protocol/version.ts';
import { startCore } from '../../helpers/core-child.ts';
import { JobHarness, markedProcesses, REAL_RUNNER, waitFor } from '../../helpers/job-harness.ts';

const MODEL = path.resolve(import.meta.dirname, '../../../resources/tiny-model');
const CORE_KILLS = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 50 : 3;
let harness: JobHarness;

beforeEach(async () => {
  harness = await new JobHarness({ runScript: REAL_RUNNER }).open();
});

afterEach(async () => {
  expect(await harness.destroy()).toEqual([]);
});

function specOf<Kind extends JobKind>(kind: Kind, params: JobParams<Kind>): JobSpec {
  const id = ulid();
  const spec = { version: PROTOCOL_VERSION, id, kind, createdAtMs: Date.now(), nonce: randomUUID(), params };
  return spec as unknown as JobSpec;
}

async function importRows(): Promise<string> {
  const source = path.join(harness.home, '行.jsonl');
  const rows = Array.from({ length: 40 }, (_, index) =>
    JSON.stringify({ instruction: `第${index}个问题怎么办？`, output: `按照第${index}条办理。`.repeat(3) }),
  );
  writeFileSync(source, rows.join('\n'));
  const outPath = path.join(harness.home, 'dataset.db');
  const spec = specOf('dataset-import', {
    sources: [source],
    outPath,
    mapping: null,
    evalFraction: 0.1,
    seed: 1,
    accept: 'none',
  });
  const job = await harness.run([], { detached: false, spec });
  expect(job.error).toBeUndefined();
  expect(job.state).toBe('done');
  return outPath;
}

function trainSpec(datasetPath: string): JobSpec {
  const runDir = path.join(harness.home, 'runs', 'run');
  const tokenCacheDir = path.join(harness.home, 'cache');
  mkdirSync(runDir, { recursive: true });
  mkdirSync(tokenCacheDir, { recursive: true });
  const recipe = recipeSchema.parse({
    model: 'tiny',
    dataset: 'rows',
    cutoffLength: 128,
    epochs: 500,
    batch: { microBatch: 2, gradientAccumulation: 1 },
    lora: { rank: 4, alpha: 8 },
    hardware: { device: 'cpu', cpuThreads: 1 },
  });
  return specOf('train', {
    runId: 'run',
    attempt: 1,
    recipe,
    modelPath: MODEL,
    datasetPath,
    runDir,
    tokenCacheDir,
    resumeFrom: null,
    initialAdapter: null,
  });
}

const stepsOf = (jobId: string): number[] =>
  harness.repository
    .eventsAfter(jobId, 0, 100_000)
    .filter((event) => event.type === 'step')
    .map((event) => (event.data as { step: number }).step);

test('real training goes on without its core, is taken up again, saves on request and stops whole', async () => {
  const handle = await harness.start([], { spec: trainSpec(await importRows()) });
  await waitFor('training', () => stepsOf(handle.id).length >= 3);
  const runner = harness.job(handle.id).process;
  const before = harness.job(handle.id).tail.seq;
  await harness.close();
  expect(markedProcesses(handle.id)).toContain(runner?.pid);

  await harness.open();
  harness.supervisor.recover();
  await waitFor('steps of the same process', () => harness.job(handle.id).tail.seq > before + 3);
  expect(harness.job(handle.id).process).toEqual(runner);
  harness.supervisor.control(handle.id, 'save-now');
  await waitFor('the checkpoint', () => harness.eventTypes(handle.id).includes('checkpoint'));

  const job = await harness.supervisor.stop(handle.id, { deadlineMs: 200_000 });
  expect(job).toMatchObject({ state: 'stopped', exitCode: 10, error: undefined });
  const steps = stepsOf(handle.id);
  expect(steps).toEqual(Array.from({ length: steps.length }, (_, index) => index + 1));
  const checkpoints = harness.repository
    .eventsAfter(handle.id, 0, 100_000)
    .filter((event) => event.type === 'checkpoint')
    .map((event) => event.data as { path: string; reason: string; step: number });
  expect(checkpoints.map(({ reason }) => reason)).toEqual(['save-now', 'stop']);
  expect(checkpoints.at(-1)?.step).toBe(steps.at(-1));
  for (const { path: folder } of checkpoints) {
    const runDir = path.join(harness.home, 'runs', 'run');
    expect(existsSync(path.join(path.resolve(runDir, folder), 'manifest.json'))).toBe(true);
  }
});

test('the heart of a real trainer beats while it computes, and a kill is an interruption', async () => {
  const handle = await harness.start([], { spec: trainSpec(await importRows()) });
  await waitFor('training', () => stepsOf(handle.id).length >= 1);
  const dir = harness.dirOf(handle.id);
  const first = readHeartbeat(dir)?.atMs ?? 0;
  await waitFor('two more beats', () => (readHeartbeat(dir)?.atMs ?? 0) >= first + 3000);
  process.kill(harness.job(handle.id).process?.pid ?? 0, 'SIGKILL');
  const { job } = await handle.exited;
  expect(job).toMatchObject({ state: 'interrupted', exitSignal: 'SIGKILL', error: { code: 'job.killed' } });
});

test(`kill -9 of the core at ${CORE_KILLS} random moments of real training loses and doubles nothing`, async () => {
  const spec = trainSpec(await importRows());
  const home = path.join(harness.home, 'killed');
  const dir = path.join(home, 'jobs', 'job');
  mkdirSync(home);
  writeFileSync(path.join(home, 'spec.json'), JSON.stringify(spec));
  const runners = new Set<number>();
  try {
    for (let kill = 1; kill <= CORE_KILLS; kill += 1) {
      const core = startCore(home, REAL_RUNNER);
      await waitFor('the core', () => core.lines.length > 0);
      await delay(Math.random() * 2000);
      core.kill();
      await core.gone;
      for (const pid of markedProcesses(spec.id)) runners.add(pid);
    }
    const core = startCore(home, REAL_RUNNER);
    const events = path.join(dir, 'events.ndjson');
    await waitFor(
      'a step',
      () => existsSync(events) && readFileSync(events, 'utf8').includes('"type":"step"'),
    );
    const stop = { version: PROTOCOL_VERSION, id: 'end', command: 'stop', atMs: Date.now() };
    writeFileSync(path.join(dir, 'control', 'end.json'), JSON.stringify(stop));
    await core.gone;
    expect(core.lines.at(-1)).toBe('ended');
    expect([...runners]).toHaveLength(1);
    const written = readFileSync(events, 'utf8').trimEnd().split('\n').length;
    const expected = Array.from({ length: written }, (_, index) => index + 1);
    const db = new Database(path.join(home, 'studio.db'), { readonly: true });
    for (const table of ['job_events', 'projected']) {
      expect(db.prepare(`SELECT seq FROM ${table} ORDER BY seq`).pluck().all()).toEqual(expected);
    }
    expect(db.prepare('SELECT state, exit_code FROM jobs').get()).toEqual({
      state: 'stopped',
      exit_code: 10,
    });
    db.close();
  } finally {
    for (const pid of markedProcesses(spec.id)) process.kill(pid, 'SIGKILL');
  }
});
