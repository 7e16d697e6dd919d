import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JobTopicData, RunTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { JobView } from '../../../electron/shared/contract/methods/jobs.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { failure, importSampleRows, ROOT, TestStudio } from '../core/core-harness.ts';

/** The real check of a run of the embedded model, through the contract. */
describe('the memorisation check', () => {
  const studio = new TestStudio();
  let client: RpcClient<StudioContract>;
  let runId: string;

  beforeAll(async () => {
    client = await studio.client();
    const dataset = await importSampleRows(client);
    const started = await client.call('runs.start', {
      recipe: {
        name: '检查我',
        model: path.join(ROOT, 'resources/tiny-model'),
        dataset,
        maxSteps: 2,
        cutoffLength: 256,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        lora: { rank: 2, targets: 'attention' },
        evaluation: { everySteps: 0, maxRows: 2, samplePrompts: [] },
        hardware: { device: 'cpu', cpuThreads: 1 },
      },
    });
    runId = started.runId;
    expect((await failure(client.call('memorisation.start', { run: runId, step: 99 }))).code).toBe(
      'memorisation.no_weights',
    );
    const end = await new Promise<RunTopicData>((resolve) => {
      client.subscribe(`run.${runId}`, ({ data }) => {
        const frame = data as RunTopicData;
        if (!isLive(frame.run.state)) resolve(frame);
      });
    });
    expect(end.run.state).toBe('done');
  });

  afterAll(async () => {
    await studio.dispose();
    expect(studio.defects).toEqual([]);
  });

  const jobEnd = (jobId: string): Promise<JobView> =>
    new Promise((resolve) => {
      client.subscribe(
        `job.${jobId}`,
        ({ data }) => {
          const frame = data as JobTopicData;
          if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve(frame.job);
        },
        0,
      );
    });

  // Would catch: a result that is kept nowhere, belongs to another run, or was made of other rows than training's.
  it('keeps its result with the run', async () => {
    expect(await client.call('memorisation.show', { run: runId })).toEqual({});
    const { jobId } = await client.call('memorisation.start', {
      run: runId,
      rows: 2,
      continuationTokens: 24,
      device: 'cpu',
    });
    const second = await failure(client.call('memorisation.start', { run: runId }));
    expect(second.code).toBe('memorisation.already_running');
    expect(await jobEnd(jobId)).toMatchObject({ state: 'done', kind: 'memorisation' });
    const shown = await client.call('memorisation.show', { run: runId });
    expect(shown).toMatchObject({
      verdict: 'none-found',
      result: {
        runId,
        step: 2,
        weights: 'adapter',
        askedRows: 2,
        parameters: { rows: 2, seed: 42, continuationTokens: 24 },
        dataset: { asTrained: true },
      },
    });
    expect(shown.job).toBeUndefined();
    const run = await client.call('runs.show', { run: runId });
    const file = path.join(studio.home, 'runs', runId, 'memorisation.json');
    expect(run.dir).toBe(path.dirname(file));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(shown.result);
  });

  // Would catch: a broken file that hides the run, or is believed.
  it('shows nothing of a file that is none of its own', async () => {
    const file = path.join(studio.home, 'runs', runId, 'memorisation.json');
    const whole = readFileSync(file, 'utf8');
    for (const broken of [whole.slice(0, 40), '{"version":2}', '[]', '']) {
      writeFileSync(file, broken);
      expect(await client.call('memorisation.show', { run: runId }), broken).toEqual({});
    }
    writeFileSync(file, whole);
  });

  // Would catch: a scan that loads a model, or a sample of no rows that counts as proof.
  it('only scans where no row is asked for, and a stop leaves the earlier result', async () => {
    const before = await client.call('memorisation.show', { run: runId });
    const stopped = await client.call('memorisation.start', { run: runId, rows: 4096, device: 'cpu' });
    await client.call('jobs.stop', { jobId: stopped.jobId });
    expect((await jobEnd(stopped.jobId)).state).toBe('stopped');
    expect(await client.call('memorisation.show', { run: runId })).toEqual(before);
    const { jobId } = await client.call('memorisation.start', { run: runId, rows: 0 });
    expect((await jobEnd(jobId)).state).toBe('done');
    const { result, verdict } = await client.call('memorisation.show', { run: runId });
    expect(verdict).toBe('not-judged');
    expect(result?.dataset.trainRows).toBeGreaterThan(500);
    expect(existsSync(path.join(studio.home, 'runs', runId, 'memorisation.json.part'))).toBe(false);
  });

  // Would catch: one run blamed with the weights of another.
  it('refuses a model that the run has not made', async () => {
    await client.call('models.add', { path: path.join(ROOT, 'resources/tiny-model'), name: '别的' });
    const refused = await failure(client.call('memorisation.start', { run: runId, model: '别的' }));
    expect(refused.code).toBe('memorisation.other_model');
    expect((await failure(client.call('memorisation.start', { run: '没有' }))).code).toBe('core.not_found');
  });
});
