import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createGpuProbe } from '../../../electron/core/gpu/gpu-probe.ts';
import { nvidiaSmiCandidates } from '../../../electron/core/gpu/nvidia-smi-path.ts';
import type { GpuProbe } from '../../../electron/core/ports.ts';
import { runCommand } from '../../../electron/core/run-command.ts';
import { fakeNvidiaSmi, type FakeNvidiaSmi } from '../../helpers/fake-nvidia-smi.ts';

const CARD =
  '0, GPU-1, NVIDIA GeForce RTX 3090, 580.95.05, 24576, 312, 0, 41, 27.53, 350.00, 00000000:01:00.0, 8.6, Disabled, [N/A]\n';
const KEPT_MS = 30_000;

let dir: string;
let smi: FakeNvidiaSmi;
let nowMs: number;

const probe = (timeoutMs?: number): GpuProbe =>
  createGpuProbe({
    run: runCommand,
    platform: 'linux',
    env: { PATH: smi.searchPath },
    // A rig that runs these tests has a real one in the other places.
    candidates: ['nvidia-smi'],
    nowMs: () => nowMs,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'le-gpu-'));
  smi = fakeNvidiaSmi(path.join(dir, '显卡 bin'));
  nowMs = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the probe of the cards', () => {
  it('runs the program on the search path and reads its answer', async () => {
    smi.answer(CARD);
    expect(await probe().list()).toMatchObject({
      state: 'ok',
      driverVersion: '580.95.05',
      cards: [{ name: 'NVIDIA GeForce RTX 3090', computeCapability: '8.6' }],
    });
  });

  it('lets go of a program that hangs, and does not start it again at once (a wedged driver would collect them)', async () => {
    smi.hang();
    const asked = probe(400);
    expect(await asked.list()).toMatchObject({ state: 'failed', error: { code: 'gpu.probe_timeout' } });
    expect(await asked.list()).toMatchObject({ state: 'failed' });
    expect(smi.calls()).toBe(1);
  });

  it('looks again after a failure has grown old', async () => {
    smi.answer("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", 9);
    const asked = probe();
    expect(await asked.list()).toMatchObject({ error: { code: 'gpu.driver_failed' } });
    smi.answer(CARD);
    nowMs = KEPT_MS - 1;
    expect((await asked.list()).state).toBe('failed');
    nowMs = KEPT_MS;
    expect((await asked.list()).state).toBe('ok');
  });

  it('asks one question at a time, whoever asks', async () => {
    smi.answer(CARD);
    const asked = probe();
    const [one, two, three] = await Promise.all([asked.list(), asked.list(), asked.list()]);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    expect(smi.calls()).toBe(1);
    await asked.list();
    expect(smi.calls()).toBe(2);
  });

  it('takes a machine without the program for one without cards', async () => {
    expect(await probe().list()).toEqual({ state: 'none', cards: [] });
  });
});

describe('where nvidia-smi is looked for', () => {
  it('is the driver’s folders on Windows, whatever the case of the variables', () => {
    const found = nvidiaSmiCandidates('win32', { SYSTEMROOT: 'D:\\Win', programfiles: 'D:\\Programme' });
    expect(found).toEqual([
      'nvidia-smi.exe',
      'D:\\Win\\System32\\nvidia-smi.exe',
      'D:\\Programme\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe',
    ]);
  });
});
