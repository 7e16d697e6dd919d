import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createGpuProbe } from '../../../electron/core/gpu/gpu-probe.ts';
import { rebuildDatabase } from '../../../electron/core/rebuild-database.ts';
import { runCommand } from '../../../electron/core/run-command.ts';
import type { JobTopicData, RunTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { MetricSeries } from '../../../electron/shared/contract/methods/metrics.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { fakeNvidiaSmi } from '../../helpers/fake-nvidia-smi.ts';
import { ROOT, testPorts, TestStudio } from '../core/core-harness.ts';

const CARDS = [
  '0, GPU-a, NVIDIA GeForce RTX 3090, 580.95.05, 24576, 9000, 97, 71, 341.20, 350.00, 00000000:01:00.0, 8.6, Disabled, [N/A]',
  '1, GPU-b, NVIDIA GeForce RTX 3090, 580.95.05, 24576, 11, [N/A], 33, [N/A], 350.00, 00000000:02:00.0, 8.6, Disabled, [N/A]',
];

const KEYS = ['memoryBytes', 'utilisation', 'temperature', 'power'].map((name) => `gpu.0.${name}`);

/** The real trainer, watched by a core whose cards are a real program's answer. */
describe('what the cards do while a run lives', () => {
  const studio = new TestStudio();
  const dir = mkdtempSync(path.join(tmpdir(), 'le-telemetry-'));
  const smi = fakeNvidiaSmi(dir);
  smi.answer(`${CARDS.join('\n')}\n`);
  const gpu = createGpuProbe({
    run: runCommand,
    platform: 'linux',
    env: { PATH: smi.searchPath },
    candidates: ['nvidia-smi'],
    nowMs: Date.now,
  });
  let client: RpcClient<StudioContract>;

  beforeAll(async () => {
    client = await studio.client('write', { gpu });
  });
  afterAll(async () => {
    await studio.dispose();
    rmSync(dir, { recursive: true, force: true });
    expect(studio.defects).toEqual([]);
  });

  const ended = async (topic: string): Promise<RunTopicData[]> => {
    const frames: RunTopicData[] = [];
    await new Promise<void>((resolve) => {
      client.subscribe(
        topic,
        ({ data }) => {
          if (topic.startsWith('job.')) {
            const frame = data as JobTopicData;
            if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve();
            return;
          }
          frames.push(data as RunTopicData);
          if (!isLive((data as RunTopicData).run.state)) resolve();
        },
        0,
      );
    });
    return frames;
  };

  const telemetry = async (): Promise<readonly MetricSeries[]> =>
    (await client.call('metrics.query', { run: '遥测', keys: KEYS })).series;

  it('asks nothing while nothing computes (a sleeping laptop card would never sleep)', async () => {
    const { jobId } = await client.call('datasets.import', {
      sources: [path.join(ROOT, 'resources/sample-data/rows')],
      name: '数据',
    });
    await ended(`job.${jobId}`);
    expect(smi.calls()).toBe(0);
  });

  it('is stored with the run, sent to who watches, and survives a new database', async () => {
    const { runId } = await client.call('runs.start', {
      recipe: {
        name: '遥测',
        model: path.join(ROOT, 'resources/tiny-model'),
        dataset: '数据',
        maxSteps: 4,
        cutoffLength: 64,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        lora: { rank: 2, targets: 'attention' },
        evaluation: { everySteps: 0, maxRows: 1, samplePrompts: [] },
        checkpoints: { everySteps: 0 },
        hardware: { device: 'cpu', cpuThreads: 1 },
      },
    });
    const frames = await ended(`run.${runId}`);
    const series = await telemetry();
    const values = series.map(({ points }) => points.at(-1)?.value);
    expect(values).toEqual([9000 * 2 ** 20, 0.97, 71, 341.2]);
    const { metricKeys } = await client.call('runs.show', { run: runId });
    const ofSecond = metricKeys.filter((key) => key.startsWith('gpu.1.'));
    // What the second card does not tell is left out, not drawn as zero.
    expect(ofSecond).toEqual(['gpu.1.memoryBytes', 'gpu.1.temperature']);
    const sent = frames.flatMap((frame) => (frame.kind === 'update' ? frame.points : []));
    expect(sent.some((point) => point.key === 'gpu.0.memoryBytes')).toBe(true);

    client.dispose();
    await studio.close();
    await rebuildDatabase(testPorts(studio.home));
    client = await studio.client();
    expect(await telemetry()).toEqual(series);
  });
});
