import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RunTopicData } from '../../../electron/shared/contract/events.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { importSampleRows, ROOT, TestStudio } from './core-harness.ts';

const KILLS = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 50 : 4;
/** More than the kills can outlast: a core lives about half a second, a step takes tens of milliseconds. */
const STEPS = 150 + 30 * KILLS;

type StepLine = Readonly<{ type: string; data: Readonly<{ step: number; loss: number }> }>;

describe('kill -9 of the core during a run', () => {
  const studio = new TestStudio();
  let dataset: string;

  beforeAll(async () => {
    const client = await studio.client();
    dataset = await importSampleRows(client);
    await studio.close();
  });

  afterAll(() => studio.dispose());

  it(`at ${String(KILLS)} random moments loses and doubles nothing, and the run goes on to its end`, async () => {
    const recipe = {
      model: path.join(ROOT, 'resources/tiny-model'),
      dataset,
      maxSteps: STEPS,
      cutoffLength: 64,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      lora: { rank: 2, targets: 'attention' },
      evaluation: { everySteps: 0, maxRows: 2 },
      checkpoints: { everySteps: 40 },
      hardware: { device: 'cpu', cpuThreads: 1 },
    };
    const script = path.join(ROOT, 'test/helpers/studio-process.ts');
    for (let kill = 0; kill < KILLS; kill++) {
      const core = spawn(process.execPath, [script, studio.home, JSON.stringify(recipe)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      // The first core lives until the run exists; the others may die before they are open.
      if (kill === 0) await once(core.stdout, 'data');
      await delay(Math.random() * 1500);
      const gone = once(core, 'exit');
      core.kill('SIGKILL');
      await gone;
    }

    const client = await studio.client();
    const { items } = await client.call('runs.list', {});
    expect(items.length).toBe(1);
    const runId = items[0]?.id ?? '';
    const run = await new Promise<RunTopicData['run']>((resolve) => {
      client.subscribe(`run.${runId}`, ({ data }) => {
        const frame = data as RunTopicData;
        if (!isLive(frame.run.state)) resolve(frame.run);
      });
    });
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ state: 'done', step: STEPS, attempts: 1 });

    const file = path.join(studio.home, 'runs', runId, 'attempts/1/events.ndjson');
    const written = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as StepLine);
    const { items: events } = await client.call('runs.events', { run: runId, limit: 5000 });
    expect(events.map((event) => event.seq)).toEqual(written.map((_, at) => at + 1));
    const losses = written
      .filter((line) => line.type === 'step')
      .map((line) => ({ step: line.data.step, value: line.data.loss }));
    expect(losses.length).toBe(STEPS);
    const { series } = await client.call('metrics.query', { run: runId, keys: ['loss'], maxPoints: 5000 });
    expect(series[0]?.points).toEqual(losses);
    // A cap for 50 kills, not an expectation.
  }, 1_800_000);
});
