import { existsSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ChatTopicData, JobTopicData, RunTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { followChat } from './chat-replies.ts';
import { failure, ROOT, TestStudio } from './core-harness.ts';

/** Full fine-tuning by the real trainer on the embedded model, as a person's studio sees it. */
describe('a run of full fine-tuning', () => {
  const studio = new TestStudio();
  let client: RpcClient<StudioContract>;
  let runId: string;

  beforeAll(async () => {
    client = await studio.client();
    const { jobId } = await client.call('datasets.import', {
      sources: [path.join(ROOT, 'resources/sample-data/rows')],
      name: '样例',
    });
    await new Promise<void>((resolve) => {
      client.subscribe(
        `job.${jobId}`,
        ({ data }) => {
          const frame = data as JobTopicData;
          if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve();
        },
        0,
      );
    });
    await client.call('models.add', { path: path.join(ROOT, 'resources/tiny-model'), name: '小模型' });
  });

  afterAll(async () => {
    await studio.dispose();
    expect(studio.defects).toEqual([]);
  });

  const recipe = {
    name: '全参数',
    method: 'full',
    model: '小模型',
    dataset: '样例',
    maxSteps: 4,
    cutoffLength: 128,
    batch: { microBatch: 1, gradientAccumulation: 1 },
    optimizer: { learningRate: 1e-4 },
    evaluation: { everySteps: 0, maxRows: 2, samplePrompts: ['借条怎么写？'], sampleMaxTokens: 4 },
    checkpoints: { everySteps: 2 },
    hardware: { device: 'cpu', cpuThreads: 1 },
  };

  /** What answers a question, as it says itself. */
  async function identityOf(target: Parameters<typeof open>[0]): Promise<ChatTopicData> {
    const { sessionId } = await open(target);
    const chat = followChat(client, sessionId);
    await chat.until((reply) => reply.kind === 'ready');
    await client.call('chat.send', {
      sessionId,
      messages: [{ role: 'user', content: '借条怎么写？' }],
      sampling: { temperature: 0, maxNewTokens: 4 },
    });
    await chat.until((reply) => reply.kind === 'done');
    const ready = chat.replies.find((reply) => reply.kind === 'ready');
    await client.call('chat.close', { sessionId });
    if (ready === undefined) throw new Error('nothing was ready');
    return ready;
  }

  const open = (target: { model: string } | { run: string; step?: number; weights?: 'base' }) =>
    client.call('chat.open', target);

  it('refuses at once what contradicts it, with the setting that works', async () => {
    const refused = await failure(
      client.call('runs.start', { recipe: { ...recipe, hardware: { quantization: 'nf4' } } }),
    );
    expect(refused.code).toBe('recipe.invalid');
    expect(JSON.stringify(refused.params)).toContain('hardware.quantization');
  });

  it('ends with a model in the library that belongs to the run', async () => {
    ({ runId } = await client.call('runs.start', { recipe }));
    await new Promise<void>((resolve) => {
      client.subscribe(`run.${runId}`, ({ data }) => {
        if (!isLive((data as RunTopicData).run.state)) resolve();
      });
    });
    const run = await client.call('runs.show', { run: runId });
    expect(run).toMatchObject({ state: 'done', step: 4, method: 'full' });
    expect(run.adapterPath).toBeUndefined();
    expect(run.tunedModelPath).toBe(path.join(run.dir, 'model'));
    const { items } = await client.call('models.list', { search: '全参数' });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      name: '全参数',
      state: 'ready',
      runId,
      step: 4,
      path: run.tunedModelPath,
    });
    expect(items[0]?.facts).toMatchObject({ supported: true, layout: 'internlm2' });
  });

  it('is talked to as its model, at each checkpoint, and beside its base', async () => {
    const [model] = (await client.call('models.list', { search: '全参数' })).items;
    const targets = [{ run: runId }, { run: runId, step: 2 }, { model: model?.id ?? '' }];
    for (const target of targets) {
      const reply = await identityOf(target);
      const step = 'step' in target ? 2 : 4;
      expect(reply).toMatchObject({
        kind: 'ready',
        session: { identity: { merged: null, fineTuned: { baseName: 'tiny-model' }, runId, step } },
      });
    }
    const base = await identityOf({ run: runId, weights: 'base' });
    expect(base).toMatchObject({ session: { identity: { fineTuned: null, step: null } } });
  });

  it('is not merged, and says why', async () => {
    expect((await failure(client.call('merge.start', { run: runId }))).code).toBe('merge.whole_model');
  });

  it('can be trained on', async () => {
    const [model] = (await client.call('models.list', { search: '全参数' })).items;
    const estimate = await client.call('preflight.estimate', {
      recipe: { ...recipe, name: '其上', model: model?.id ?? '' },
    });
    expect(estimate.problems).toEqual([]);
    const [memory] = estimate.memory;
    expect(memory?.gradientBytes).toBe(memory?.weightsBytes);
  });

  it('is not deleted from under the library', async () => {
    const refused = await failure(client.call('runs.remove', { run: runId }));
    expect(refused).toMatchObject({ code: 'run.holds_model', params: { model: '全参数' } });
    const [model] = (await client.call('models.list', { search: '全参数' })).items;
    await client.call('models.remove', { model: model?.id ?? '' });
    const { dir } = await client.call('runs.show', { run: runId });
    expect(existsSync(path.join(dir, 'model'))).toBe(true);
    await client.call('runs.remove', { run: runId });
    expect(existsSync(dir)).toBe(false);
  });
});
