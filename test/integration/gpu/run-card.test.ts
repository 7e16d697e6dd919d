import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { CorePorts } from '../../../electron/core/ports.ts';
import type { JobTopicData, RunTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { GpuReport } from '../../../electron/shared/contract/methods/gpu.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { failure, ROOT, testPorts, TestStudio } from '../core/core-harness.ts';

const card = (index: number, uuid: string, usedGb: number): GpuReport['cards'][number] => ({
  index,
  uuid,
  name: `NVIDIA Test ${uuid}`,
  computeCapability: '8.9',
  memoryTotalBytes: 24e9,
  memoryUsedBytes: usedGb * 1e9,
});
const BUSY = card(0, 'GPU-0a', 20);
const FREE = card(1, 'GPU-1b', 1);

const RECIPE = {
  name: '选卡',
  model: path.join(ROOT, 'resources/tiny-model'),
  dataset: '样例',
  maxSteps: 1,
  cutoffLength: 64,
  batch: { microBatch: 1, gradientAccumulation: 1 },
  lora: { rank: 2, targets: 'attention' },
  evaluation: { everySteps: 0, maxRows: 1 },
  checkpoints: { everySteps: 0 },
};

/** The real trainer on a machine whose cards are told; torch here has no CUDA, so what it was given is what counts. */
describe('the card of a run', () => {
  const studio = new TestStudio();
  let client: RpcClient<StudioContract>;
  let report: GpuReport;

  beforeAll(async () => {
    const runScript = path.join(studio.home, 'run-with-note.py');
    writeFileSync(
      runScript,
      [
        'import os, pathlib, runpy, sys',
        "pathlib.Path(sys.argv[1], 'visible').write_text(os.environ.get('CUDA_VISIBLE_DEVICES', 'unset'))",
        `runpy.run_path(${JSON.stringify(path.join(ROOT, 'python-runtime/run.py'))}, run_name='__main__')`,
      ].join('\n'),
    );
    const overview = { current: 'cu130', choice: { reason: { en: '', zh: '' } }, environments: [] };
    const ports: Partial<CorePorts> = {
      gpu: { list: () => Promise.resolve(report), processes: () => Promise.resolve(undefined) },
      runtime: { ...testPorts(studio.home).runtime, overview: () => Promise.resolve(overview) },
      runScript,
      // A person's own variable must not win over the card that they chose in the form.
      environment: { ...process.env, CUDA_VISIBLE_DEVICES: 'GPU-1b,GPU-0a' },
    };
    client = await studio.client('write', ports);
    const sources = [path.join(ROOT, 'resources/sample-data/rows')];
    const { jobId } = await client.call('datasets.import', { sources, name: '样例' });
    await new Promise<void>((resolve) => {
      const done = ({ data }: { data: unknown }): void => {
        const frame = data as JobTopicData;
        if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve();
      };
      client.subscribe(`job.${jobId}`, done, 0);
    });
  });
  beforeEach(() => {
    report = { state: 'ok', cards: [BUSY, FREE] };
  });
  afterAll(async () => {
    await studio.dispose();
    expect(studio.defects).toEqual([]);
  });

  const runEnd = (runId: string): Promise<void> =>
    new Promise((resolve) => {
      client.subscribe(`run.${runId}`, ({ data }) => {
        if (!isLive((data as RunTopicData).run.state)) resolve();
      });
    });
  const visible = async (runId: string, attempt: number): Promise<string> => {
    const { dir } = await client.call('runs.show', { run: runId });
    return readFileSync(path.join(dir, 'attempts', String(attempt), 'visible'), 'utf8');
  };

  it('is predicted against: the chosen one, and by itself the one with most free memory', async () => {
    const memoryWith = async (hardware: object): Promise<unknown> => {
      const { memory } = await client.call('preflight.estimate', { recipe: { ...RECIPE, hardware } });
      return memory[0];
    };
    expect(await memoryWith({})).toMatchObject({ device: 'cuda:1', availableBytes: 23e9 });
    expect(await memoryWith({ gpu: 'GPU-0a' })).toMatchObject({ device: 'cuda:0', availableBytes: 4e9 });
    expect(await memoryWith({ gpu: 'GPU-0a', device: 'cpu' })).toMatchObject({ device: 'cpu' });
  });

  it('is refused by name where it is not there, before a run is made', async () => {
    const recipe = { ...RECIPE, hardware: { gpu: 'GPU-gone' } };
    const refused = await failure(client.call('runs.start', { recipe, force: true }));
    expect(refused).toMatchObject({ code: 'gpu.unknown_card', params: { gpu: 'GPU-gone' } });
    expect(String(refused.params['cards'])).toContain('GPU-1b');
    expect((await failure(client.call('preflight.estimate', { recipe }))).code).toBe('gpu.unknown_card');
    report = { state: 'failed', cards: [], error: { code: 'gpu.probe_timeout', params: { seconds: 5 } } };
    expect((await failure(client.call('runs.start', { recipe }))).code).toBe('gpu.probe_timeout');
    expect((await client.call('runs.list', {})).total).toBe(0);
  });

  it('is one for each process, and a run of more processes than cards is refused before it is made', async () => {
    // Bug caught: a run of four processes on a machine with two cards computes on the CPU without a word.
    const estimate = (hardware: object): ReturnType<typeof client.call<'preflight.estimate'>> =>
      client.call('preflight.estimate', { recipe: { ...RECIPE, hardware } });
    const two = await estimate({ processes: 2 });
    expect(two.memory.map(({ device }) => device)).toEqual(['cuda:0', 'cuda:1']);
    expect(two.globalBatch).toBe(2);
    // One card named twice would be computed on by two processes.
    const twice = await failure(estimate({ gpu: 'GPU-0a,gpu-0A' }));
    expect(twice).toMatchObject({ code: 'train.too_few_cards', params: { processes: 2, cards: 1 } });
    const refused = await failure(estimate({ processes: 4 }));
    expect(refused).toMatchObject({ code: 'train.too_few_cards', params: { processes: 4, cards: 2 } });
    const before = (await client.call('runs.list', {})).total;
    const recipe = { ...RECIPE, hardware: { processes: 4 } };
    expect((await failure(client.call('runs.start', { recipe, force: true }))).code).toBe(
      'train.too_few_cards',
    );
    expect((await client.call('runs.list', {})).total).toBe(before);
    expect((await estimate({ processes: 4, device: 'cpu' })).memory[0]).toMatchObject({ device: 'cpu' });
  });

  it('is all that the runner sees; one that was taken out does not keep a run from being resumed', async () => {
    const recipe = { ...RECIPE, hardware: { gpu: 'gpu-0A', cpuThreads: 1 } };
    const { runId } = await client.call('runs.start', { recipe });
    await runEnd(runId);
    expect(await visible(runId, 1)).toBe('GPU-0a');
    const run = await client.call('runs.show', { run: runId });
    expect(run.recipe.hardware.gpu).toBe('gpu-0A');
    // Without CUDA a run of a named card ends; on the CPU it would take a hundred times as long, silently.
    expect(run).toMatchObject({ state: 'failed', error: { code: 'train.no_cuda' } });
    report = { state: 'ok', cards: [FREE] };
    const again = await client.call('runs.resume', { run: runId });
    await runEnd(runId);
    expect(again.attempt).toBe(2);
    expect(await visible(runId, 2)).toBe('GPU-1b');
  });
});
