import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

const REPETITIONS = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 20 : 2;
const PATIENCE_MS = 120_000;
/** Zygotes and the crash handler follow the main process within this, or never. */
const LINGER_MS = 10_000;

/** Training does not depend on the app: however the app ends, the run goes on and nothing of it is lost. */
describe.skipIf(shell === undefined)('a run survives the app', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;
  let runId = '';

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    const { rowsPath, modelPath } = await callFromPage(studio.page, 'app.samples', {});
    const { datasetId } = await callFromPage(studio.page, 'datasets.import', {
      sources: [rowsPath],
      evalFraction: 0.1,
    });
    await until(async () => {
      const { state, error } = await callFromPage(studio.page, 'datasets.show', { dataset: datasetId });
      if (state === 'failed') throw new Error(JSON.stringify(error));
      return state === 'ready';
    });
    ({ runId } = await callFromPage(studio.page, 'runs.start', {
      recipe: {
        name: '夜间训练',
        model: modelPath,
        dataset: datasetId,
        cutoffLength: 128,
        epochs: 1000,
        maxSteps: 100_000,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        checkpoints: { everySteps: 500 },
        hardware: { cpuThreads: 1 },
      },
    }));
    await until(async () => (await callFromPage(studio.page, 'runs.show', { run: runId })).step > 3);
  });

  afterAll(async () => {
    await callFromPage(studio.page, 'runs.stop', { run: runId, deadlineMs: 0 }).catch(() => undefined);
    await bench.dispose();
  });

  const trainers = (): readonly number[] =>
    processes()
      .filter(({ command }) => command.includes('run.py') && command.includes(path.join(bench.home, 'runs')))
      .map(({ pid }) => pid);
  /** Electron's processes and the core's. */
  const shells = (): readonly string[] =>
    processes()
      .filter(({ executable }) => executable.startsWith(path.join(bench.folder, 'electron')))
      .map(({ command }) => command.slice(0, 160));

  it.each([
    ['app.quit() with “keep training”', 'quit'],
    ['kill -9 of the main process', 'kill'],
  ] as const)('%s', { timeout: 1_800_000 }, async (_name, way) => {
    for (let round = 0; round < REPETITIONS; round += 1) {
      const [trainer] = trainers();
      expect(trainer, 'a trainer is there').toBeDefined();
      const before = await callFromPage(studio.page, 'runs.show', { run: runId });
      if (way === 'quit') await studio.quit(0);
      else process.kill(studio.pid, 'SIGKILL');

      const giveUpAtMs = Date.now() + LINGER_MS;
      while (shells().length > 0 && Date.now() < giveUpAtMs) await delay(100);
      expect(shells(), 'no process of Electron lingers').toEqual([]);
      expect(trainers(), 'the same trainer goes on').toEqual([trainer]);

      studio = await bench.open();
      await until(async () => {
        const now = await callFromPage(studio.page, 'runs.show', { run: runId });
        return now.state === 'running' && now.step > before.step;
      });
      expect(trainers(), 'nobody started a second one').toEqual([trainer]);
    }
    await everyEventOnce();
  });

  /** What the runner wrote stands in the database once, without a gap. */
  async function everyEventOnce(): Promise<void> {
    const { dir } = await callFromPage(studio.page, 'runs.show', { run: runId });
    const written = readFileSync(path.join(dir, 'attempts/1/events.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    const last = written.at(-1) ?? 0;
    const stored: number[] = [];
    await until(async () => {
      for (;;) {
        const page = await callFromPage(studio.page, 'runs.events', {
          run: runId,
          after: { attempt: 1, seq: stored.at(-1) ?? 0 },
          limit: 5000,
        });
        stored.push(...page.items.map(({ seq }) => seq));
        if (!page.more) break;
      }
      return (stored.at(-1) ?? 0) >= last;
    });
    expect(stored.slice(0, written.length)).toEqual(written);
    expect(stored).toEqual(Array.from({ length: stored.length }, (_, index) => index + 1));
  }
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error('it did not come to pass');
    await delay(200);
  }
}
