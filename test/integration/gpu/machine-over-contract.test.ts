import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createGpuProbe } from '../../../electron/core/gpu/gpu-probe.ts';
import type { CorePorts } from '../../../electron/core/ports.ts';
import { runCommand } from '../../../electron/core/run-command.ts';
import { createRuntimePort } from '../../../electron/core/runtime/create-runtime-port.ts';
import { RuntimeService } from '../../../electron/core/runtime/runtime-service.ts';
import type { RuntimeTopicData } from '../../../electron/shared/contract/methods/runtime.ts';
import { fakeNvidiaSmi, type FakeNvidiaSmi } from '../../helpers/fake-nvidia-smi.ts';
import { failure, ROOT, TestStudio } from '../core/core-harness.ts';

const card = (driver: string): string =>
  `0, GPU-a, NVIDIA GeForce RTX 4090, ${driver}, 24564, 300, 0, 40, 20.00, 450.00, 00000000:01:00.0, 8.9, Disabled, [N/A]\n`;

let dir: string;
let smi: FakeNvidiaSmi;
let studio: TestStudio;

/** The real ports for cards and environments, on a machine that has no Python to make one from. */
const ports = (): Pick<CorePorts, 'gpu' | 'runtime'> => {
  const gpu = createGpuProbe({
    run: runCommand,
    platform: 'linux',
    env: { PATH: smi.searchPath },
    candidates: ['nvidia-smi'],
    nowMs: Date.now,
  });
  const service = new RuntimeService({
    run: runCommand,
    platform: 'linux',
    env: { LEGAL_EAGLE_RUNTIME: path.join(dir, 'runtime'), LEGAL_EAGLE_PYTHON: path.join(dir, 'no-python') },
    homeDir: dir,
    pythonRuntimeDir: path.join(ROOT, 'python-runtime'),
    resourcesDir: path.join(ROOT, 'resources'),
    nowMs: Date.now,
    fetchText: () => Promise.reject(new Error('offline')),
  });
  const runtime = createRuntimePort({
    service,
    gpu,
    machine: { platform: 'linux', architecture: 'x64' },
    variant: () => service.current() ?? 'cpu',
    pythonPath: () => Promise.reject(new Error('not asked')),
    proxy: undefined,
  });
  return { gpu, runtime };
};

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'le-machine-'));
  smi = fakeNvidiaSmi(path.join(dir, 'bin'));
  studio = new TestStudio();
});
afterEach(async () => {
  await studio.dispose();
  rmSync(dir, { recursive: true, force: true });
  expect(studio.defects).toEqual([]);
});

describe('a machine over the contract', () => {
  it('shows its cards, what fits them and what stands', async () => {
    smi.answer(card('550.54.14'));
    const client = await studio.client('write', ports());
    expect(await client.call('gpu.list', {})).toMatchObject({ state: 'ok', cards: [{ index: 0 }] });
    const status = await client.call('runtime.status', {});
    expect(status).toMatchObject({ current: 'cpu', choice: { variant: 'cu126' } });
    expect(status.environments.map((one) => [one.variant, one.installed])).toEqual([
      ['cpu', false],
      ['cu126', false],
      ['cu130', false],
    ]);
  });

  it('tells by the topic why an installation failed, and does not have jobs run on what is not there', async () => {
    smi.answer(card('580.95.05'));
    const client = await studio.client('write', ports());
    const failed = new Promise<RuntimeTopicData>((resolve) => {
      client.subscribe('runtime', ({ data }) => {
        if ((data as RuntimeTopicData).state === 'failed') resolve(data as RuntimeTopicData);
      });
    });
    expect(await client.call('runtime.install', {})).toEqual({ variant: 'cu130' });
    expect(await failed).toMatchObject({ variant: 'cu130', error: { code: 'runtime.python_missing' } });
    expect((await client.call('runtime.status', {})).current).toBe('cpu');
  });

  it('refuses to choose where nothing fits, with the driver that would (a CPU build would look like success)', async () => {
    smi.answer(card('470.256.02'));
    const client = await studio.client('write', ports());
    const refused = await failure(client.call('runtime.install', { variant: 'auto' }));
    expect(refused).toMatchObject({ code: 'runtime.driver_too_old', params: { needed: 525 } });
  });

  it('does not take a broken driver for a machine without cards', async () => {
    smi.answer('Failed to initialize NVML: Driver/library version mismatch\n', 18);
    const client = await studio.client('write', ports());
    expect(await client.call('gpu.list', {})).toMatchObject({ state: 'failed' });
    expect((await failure(client.call('runtime.install', {}))).code).toBe('gpu.driver_failed');
    expect((await client.call('runtime.status', {})).choice).toMatchObject({ code: 'gpu.driver_failed' });
  });
});
