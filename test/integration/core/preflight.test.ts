import { appendFileSync, cpSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import type { JobTopicData, RunTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { GpuReport } from '../../../electron/shared/contract/methods/gpu.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import type { CorePorts } from '../../../electron/core/ports.ts';
import { failure, ROOT, testPorts, TestStudio } from './core-harness.ts';

const MODEL = path.join(ROOT, 'resources/tiny-model');
const RECIPE = {
  name: '开训检查',
  model: MODEL,
  dataset: '样例',
  maxSteps: 2,
  cutoffLength: 64,
  batch: { microBatch: 2, gradientAccumulation: 2 },
  lora: { rank: 2 },
  evaluation: { everySteps: 0, maxRows: 2 },
  checkpoints: { everySteps: 0 },
  hardware: { device: 'cpu', cpuThreads: 1 },
};

/** The real importer, statistics job and trainer beside what the preflight said of them. */
describe('the preflight', () => {
  const studio = new TestStudio();
  let client: RpcClient<StudioContract>;

  beforeAll(async () => {
    client = await studio.client();
    const sources = [path.join(ROOT, 'resources/sample-data/rows')];
    const { jobId } = await client.call('datasets.import', { sources, name: '样例' });
    await jobEnd(jobId);
  });

  afterAll(async () => {
    await studio.dispose();
    expect(studio.defects).toEqual([]);
  });

  function jobEnd(jobId: string): Promise<void> {
    return new Promise((resolve) => {
      const done = ({ data }: { data: unknown }): void => {
        const frame = data as JobTopicData;
        if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve();
      };
      client.subscribe(`job.${jobId}`, done, 0);
    });
  }

  function runEnd(runId: string): Promise<void> {
    return new Promise((resolve) => {
      client.subscribe(`run.${runId}`, ({ data }) => {
        if (!isLive((data as RunTopicData).run.state)) resolve();
      });
    });
  }

  it('estimates from characters until tokens are counted', async () => {
    const estimated = await client.call('preflight.estimate', { recipe: RECIPE });
    expect(estimated).toMatchObject({ tokenSource: 'characters', fits: true, problems: [], globalBatch: 4 });
    expect(estimated.warnings.map((warning) => warning.code)).toContain('preflight.tokens_estimated');

    const { jobId } = await client.call('datasets.statistics', {
      dataset: '样例',
      model: MODEL,
      cutoffLength: 64,
    });
    await jobEnd(jobId);
    const counted = await client.call('preflight.estimate', { recipe: RECIPE });
    expect(counted.tokenSource).toBe('statistics');
    expect(counted.truncatedShare).toBeGreaterThan(0);
    expect(counted.memory).toHaveLength(1);
    expect(counted.memory[0]).toMatchObject({ device: 'cpu', precision: 'fp32', basis: 'measured' });
  });

  it('foretells the plan that the engine makes', async () => {
    // A forecast that counts rows, epochs or cut answers otherwise than the engine would promise another run.
    const whole = { ...RECIPE, maxSteps: 0, epochs: 0.02 };
    const foretold = await client.call('preflight.estimate', { recipe: whole });
    expect(foretold.throughput).toBeUndefined();
    expect(foretold.durationMs).toBeUndefined();
    const { runId } = await client.call('runs.start', { recipe: whole });
    await runEnd(runId);
    const { plan, state } = await client.call('runs.show', { run: runId });
    expect(state).toBe('done');
    expect(plan).toMatchObject({ steps: foretold.steps, globalBatch: foretold.globalBatch });
    // The lost answers are counted over training and evaluation rows together.
    const stepsPerEpoch = Number(plan?.['stepsPerEpoch']);
    expect(Math.abs(foretold.stepsPerEpoch - stepsPerEpoch)).toBeLessThanOrEqual(2);
    const perStep = foretold.trainTokens / foretold.steps;
    expect(Math.abs(perStep / (Number(plan?.['trainTokens']) / foretold.steps) - 1)).toBeLessThan(0.25);
  });

  it('knows the time of a run from the speed of the newest one of its model', async () => {
    // One step's speed is chance, and that of another model or device is a guess: neither may pass for knowledge.
    const { items } = await client.call('runs.list', {});
    const [run] = items;
    const { throughput, durationMs, trainTokens } = await client.call('preflight.estimate', {
      recipe: RECIPE,
    });
    expect(throughput).toMatchObject({ runId: run?.id, runName: run?.name, steps: Number(run?.step) - 1 });
    const { series } = await client.call('metrics.query', { run: run?.id ?? '', keys: ['tokensPerSecond'] });
    const speeds = series[0]?.points.slice(1).map(({ value }) => value) ?? [];
    expect(throughput?.tokensPerSecond).toBeGreaterThanOrEqual(Math.min(...speeds));
    expect(throughput?.tokensPerSecond).toBeLessThanOrEqual(Math.max(...speeds));
    expect(durationMs).toBeCloseTo((trainTokens / (throughput?.tokensPerSecond ?? 0)) * 1000, 6);
  });

  it('gives a started run its tags at once', async () => {
    const { runId } = await client.call('runs.start', {
      recipe: { ...RECIPE, maxSteps: 1 },
      tags: ['试跑', '试跑'],
    });
    await runEnd(runId);
    expect((await client.call('runs.show', { run: runId })).tags).toEqual(['试跑']);
    const { throughput } = await client.call('preflight.estimate', { recipe: RECIPE });
    // A run of one step says nothing of speed, so the one before it still speaks.
    expect(throughput?.runId).not.toBe(runId);
  });

  it.each([
    ['model.lora_pattern_unmatched', { lora: { rank: 2, targetPattern: 'layers[.]0[.].*' } }],
    ['model.lora_target', { lora: { rank: 2, targets: ['q_proj'] } }],
    ['model.unsupported_architecture', { hardware: { ...RECIPE.hardware, engine: 'compat' } }],
  ])('refuses what only the runner would have said, with the nearest setting: %s', async (code, changes) => {
    // Bug caught: a run that is accepted, queued for a night, and fails before its first step.
    const recipe = { ...RECIPE, ...changes };
    expect((await failure(client.call('runs.start', { recipe }))).code).toBe(code);
    const { problems } = await client.call('preflight.estimate', { recipe });
    const [fix] = problems.find((problem) => problem.code === code)?.fixes ?? [];
    const settings = Object.fromEntries(
      (fix?.settings ?? []).map(({ field, value }) => [field.split('.')[1] ?? '', value]),
    );
    const [group] = Object.keys(changes) as ('lora' | 'hardware')[];
    const fixed = { ...recipe, [group ?? '']: { ...recipe[group ?? 'lora'], ...settings } };
    expect((await client.call('preflight.estimate', { recipe: fixed })).problems).toEqual([]);
  });

  it('keeps a run that cannot fit from starting, unless it is forced', async () => {
    await studio.close();
    const host: CorePorts['host'] = {
      ...testPorts(studio.home).host,
      memory: () => ({ totalBytes: 400e6, availableBytes: 400e6 }),
    };
    client = await studio.client('write', { host });
    const refused = await failure(client.call('runs.start', { recipe: RECIPE }));
    expect(refused.code).toBe('preflight.cannot_fit');
    expect(refused.params).toMatchObject({ capacityBytes: 400e6 });
    expect(refused.params['predictedBytes']).toBeGreaterThan(400e6);
    const view = await client.call('preflight.estimate', { recipe: RECIPE });
    expect(view).toMatchObject({ fits: false, forceable: false, problems: [{ fixes: [] }] });
    const before = await client.call('runs.list', {});
    expect(before.total).toBe(2);

    const { runId } = await client.call('runs.start', { recipe: RECIPE, force: true });
    await runEnd(runId);
    expect((await client.call('runs.show', { run: runId })).state).toBe('done');
  });

  it('refuses a disk that the checkpoints would fill', async () => {
    await studio.close();
    const host: CorePorts['host'] = { ...testPorts(studio.home).host, freeDiskBytes: () => 1000 };
    client = await studio.client('write', { host });
    const refused = await failure(client.call('runs.start', { recipe: RECIPE }));
    expect(refused.code).toBe('preflight.disk_too_small');
  });

  it('takes the card that the environment in use can compute on', async () => {
    const card = { index: 0, uuid: 'GPU-1', name: 'NVIDIA Test', computeCapability: '8.9' };
    const estimateWith = async (
      memory: Partial<GpuReport['cards'][number]>,
      current: string,
      device: 'auto' | 'cuda',
    ): Promise<Awaited<ReturnType<typeof client.call<'preflight.estimate'>>>> => {
      await studio.close();
      const ports = testPorts(studio.home);
      const choice = { reason: { en: '', zh: '' } };
      client = await studio.client('read', {
        gpu: {
          list: () => Promise.resolve({ state: 'ok', cards: [{ ...card, ...memory }] }),
          processes: () => Promise.resolve(undefined),
        },
        runtime: { ...ports.runtime, overview: () => Promise.resolve({ current, choice, environments: [] }) },
      });
      return client.call('preflight.estimate', { recipe: { ...RECIPE, hardware: { device } } });
    };
    const memory = { memoryTotalBytes: 24e9, memoryUsedBytes: 1e9 };
    const onCard = await estimateWith(memory, 'cu130', 'auto');
    expect(onCard.memory).toMatchObject([
      { device: 'cuda:0', precision: 'bf16', capacityBytes: 24e9, availableBytes: 23e9, basis: 'projected' },
    ]);
    expect((await estimateWith(memory, 'cpu', 'auto')).memory[0]?.device).toBe('cpu');
    expect((await estimateWith(memory, 'cpu', 'cuda')).problems[0]?.code).toBe('preflight.no_card');
    const silent = await estimateWith({}, 'cu130', 'cuda');
    expect(silent.memory).toEqual([]);
    expect(silent.warnings.map((warning) => warning.code)).toContain('preflight.memory_unknown');
  });

  it('fails on what a start would fail on', async () => {
    const estimate = (recipe: Record<string, unknown>): Promise<unknown> =>
      client.call('preflight.estimate', { recipe });
    expect((await failure(estimate({ model: 'm' }))).code).toBe('recipe.invalid');
    expect((await failure(estimate({ ...RECIPE, dataset: '没有' }))).code).toBe('recipe.dataset_not_found');
    expect((await failure(estimate({ ...RECIPE, model: '没有' }))).code).toBe('recipe.model_not_found');
  });

  // Bug caught: an adapter that does not fit is found out by the trainer, minutes after the start; or the studio
  // and the engine disagree on whether two bases are one.
  it('compares the adapter that a run goes on from before anything starts', async () => {
    await studio.close();
    client = await studio.client();
    const { runId } = await client.call('runs.start', { recipe: { ...RECIPE, name: '先行', maxSteps: 1 } });
    await runEnd(runId);
    const goesOn = (
      lora: Record<string, unknown>,
      changes: Record<string, unknown> = {},
    ): Record<string, unknown> => ({
      ...RECIPE,
      ...changes,
      lora: { ...RECIPE.lora, continueFrom: runId, ...lora },
    });
    const problems = async (recipe: Record<string, unknown>): Promise<readonly unknown[]> =>
      (await client.call('preflight.estimate', { recipe })).problems;
    expect(await problems(goesOn({}))).toEqual([]);

    expect(await problems(goesOn({ rank: 4, dora: true, targets: 'mlp' }))).toMatchObject([
      {
        code: 'train.adapter_differs',
        params: { field: 'lora.rank', adapter: '2', recipe: '4' },
        fixes: [{ settings: [{ field: 'lora.rank', value: 2 }] }],
      },
      { params: { field: 'lora.dora' }, fixes: [{ settings: [{ field: 'lora.dora', value: false }] }] },
      { params: { field: 'lora.targets', recipe: '["w1","w2","w3"]' }, fixes: [] },
    ]);

    const otherBase = path.join(studio.home, 'other-base');
    cpSync(MODEL, otherBase, { recursive: true });
    appendFileSync(path.join(otherBase, 'config.json'), '\n');
    expect(await problems(goesOn({}, { model: otherBase }))).toMatchObject([
      { code: 'train.adapter_other_base', fixes: [] },
    ]);
    expect(await problems(goesOn({ continueFrom: '没有' }))).toMatchObject([
      { code: 'recipe.adapter_not_found', params: { adapter: '没有' } },
    ]);

    const before = (await client.call('runs.list', {})).total;
    const refused = await failure(client.call('runs.start', { recipe: goesOn({ rank: 4 }) }));
    expect(refused).toMatchObject({ code: 'train.adapter_differs', params: { field: 'lora.rank' } });
    expect((await client.call('runs.list', {})).total).toBe(before);
  });
});
