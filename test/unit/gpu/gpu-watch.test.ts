import { describe, expect, it } from 'vitest';

import { createGpuWatch } from '../../../electron/core/gpu/gpu-watch.ts';
import { parseProcesses } from '../../../electron/core/gpu/nvidia-smi-output.ts';
import { GPU_METHODS, type GpuReport } from '../../../electron/shared/contract/methods/gpu.ts';

const card = { index: 0, uuid: 'GPU-a', name: 'card', memoryUsedBytes: 5, utilisation: 0.5 };

describe('the last minutes of the cards', () => {
  it('are bounded however long and however often they are looked at', async () => {
    let nowMs = 0;
    const watch = createGpuWatch({
      probe: {
        list: () => Promise.resolve({ state: 'ok', cards: [card] }),
        processes: () => Promise.resolve(undefined),
      },
      clock: { nowMs: () => nowMs },
      runOf: () => undefined,
    });
    for (; nowMs < 3_600_000; nowMs += 100) await watch.list();
    const told = GPU_METHODS['gpu.telemetry'].output.parse(await watch.telemetry());
    const samples = told.history[0]?.samples ?? [];
    expect(samples.length).toBeGreaterThan(100);
    expect(samples.length).toBeLessThanOrEqual(200);
    expect(samples[0]?.atMs).toBeGreaterThanOrEqual(told.atMs - told.windowMs);
    expect(told.processes).toBeUndefined();
  });

  it('have a gap, and no zeros, where the driver failed', async () => {
    let nowMs = 0;
    let report: GpuReport = { state: 'ok', cards: [card] };
    const watch = createGpuWatch({
      probe: { list: () => Promise.resolve(report), processes: () => Promise.resolve([]) },
      clock: { nowMs: () => nowMs },
      runOf: () => undefined,
    });
    await watch.list();
    report = { state: 'failed', cards: [], error: { code: 'gpu.probe_timeout', params: { seconds: 5 } } };
    nowMs = 60_000;
    expect((await watch.telemetry()).history).toEqual([]);
    report = { state: 'ok', cards: [card] };
    nowMs = 120_000;
    expect((await watch.telemetry()).history[0]?.samples.map(({ atMs }) => atMs)).toEqual([0, 120_000]);
  });

  it('name the run whose runner holds the memory', async () => {
    const watch = createGpuWatch({
      probe: {
        list: () => Promise.resolve({ state: 'ok', cards: [card] }),
        processes: () => Promise.resolve([7, 8].map((pid) => ({ gpuUuid: 'GPU-a', pid, name: 'python' }))),
      },
      clock: { nowMs: () => 0 },
      runOf: (pid) => (pid === 7 ? { id: 'run', name: '夜跑' } : undefined),
    });
    const { processes } = GPU_METHODS['gpu.telemetry'].output.parse(await watch.telemetry());
    expect(processes?.map(({ run }) => run?.name)).toEqual(['夜跑', undefined]);
  });
});

describe('the processes that nvidia-smi lists', () => {
  it('keeps paths with commas, and leaves out the memory that Windows does not tell', () => {
    const said =
      'GPU-a, 4242, /opt/a, b/python, 9000\r\nGPU-b, 17, C:\\Windows\\explorer.exe, [N/A]\r\nNo running processes found\r\n';
    expect(parseProcesses(said)).toEqual([
      { gpuUuid: 'GPU-a', pid: 4242, name: '/opt/a, b/python', memoryBytes: 9000 * 2 ** 20 },
      { gpuUuid: 'GPU-b', pid: 17, name: 'C:\\Windows\\explorer.exe' },
    ]);
  });
});
