import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ChatTopicData, JobTopicData, RunTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { JobView } from '../../../electron/shared/contract/methods/jobs.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { followChat } from './chat-replies.ts';
import { failure, ROOT, TEST_PYTHON, TestStudio } from './core-harness.ts';

/** The real importer, trainer, merger and chat server, on the embedded model, through the contract. */
describe('the main job', () => {
  const studio = new TestStudio();
  let client: RpcClient<StudioContract>;
  let runId: string;

  beforeAll(async () => {
    client = await studio.client();
  });

  afterAll(async () => {
    await studio.dispose();
    expect(studio.defects).toEqual([]);
  });

  function jobEnd(jobId: string): Promise<JobView> {
    return new Promise((resolve) => {
      client.subscribe(
        `job.${jobId}`,
        ({ data }) => {
          const frame = data as JobTopicData;
          if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve(frame.job);
        },
        0,
      );
    });
  }

  /** Follows a run until `isEnough`; returns every frame. */
  function followRun(isEnough: (frame: RunTopicData) => boolean): Promise<RunTopicData[]> {
    const frames: RunTopicData[] = [];
    return new Promise((resolve) => {
      const subscription = client.subscribe(`run.${runId}`, ({ data }) => {
        const frame = data as RunTopicData;
        frames.push(frame);
        if (!isEnough(frame)) return;
        queueMicrotask(() => subscription.dispose());
        resolve(frames);
      });
    });
  }

  async function ask(
    target: { model: string } | { run: string },
    question: string,
  ): Promise<ChatTopicData[]> {
    const { sessionId } = await client.call('chat.open', target);
    const chat = followChat(client, sessionId);
    const messages = [{ role: 'user' as const, content: question }];
    await chat.until((reply) => reply.kind === 'ready');
    await client.call('chat.send', { sessionId, messages, sampling: { temperature: 0, maxNewTokens: 12 } });
    await chat.until((reply) => reply.kind === 'done');
    const replies = chat.replies.slice();
    await client.call('chat.close', { sessionId });
    expect((await failure(client.call('chat.send', { sessionId, messages }))).code).toBe(
      'chat.session_unknown',
    );
    return replies;
  }

  it('imports data and finds Chinese words in it', async () => {
    const { jobId } = await client.call('datasets.import', {
      sources: [path.join(ROOT, 'resources/sample-data/rows')],
      name: '样例',
    });
    expect(await jobEnd(jobId)).toMatchObject({ state: 'done' });
    const { counts } = await client.call('datasets.show', { dataset: '样例' });
    expect(counts?.rows).toBeGreaterThanOrEqual(600);
    expect(counts?.rows).toBe((counts?.train ?? 0) + (counts?.eval ?? 0) + (counts?.excluded ?? 0));
    const found = await client.call('datasets.rows', { dataset: '样例', search: '借条', limit: 500 });
    expect(found.total).toBeGreaterThan(0);
    for (const row of found.items) expect(JSON.stringify(row)).toContain('借条');
  });

  it('says what is wrong with a file, and imports nothing without consent', async () => {
    const { datasetId, jobId } = await client.call('datasets.import', {
      sources: [path.join(ROOT, 'package.json')],
      name: '坏文件',
    });
    const job = await jobEnd(jobId);
    expect(job.state).toBe('failed');
    expect(job.error?.code).toMatch(/^data\./u);
    const dataset = await client.call('datasets.show', { dataset: datasetId });
    expect(dataset).toMatchObject({ state: 'failed', error: { code: job.error?.code } });
    const refused = await failure(client.call('runs.start', { recipe: { model: 'm', dataset: '坏文件' } }));
    expect(refused.code).toBe('dataset.not_ready');
  });

  it('refuses a recipe before anything is written', async () => {
    const start = (recipe: Record<string, unknown>): Promise<unknown> =>
      client.call('runs.start', { recipe });
    expect((await failure(start({ model: 'm' }))).code).toBe('recipe.invalid');
    expect((await failure(start({ model: 'm', dataset: '没有' }))).code).toBe('recipe.dataset_not_found');
    expect((await failure(start({ model: '没有', dataset: '样例' }))).code).toBe('recipe.model_not_found');
    const noModel = await failure(start({ model: path.join(ROOT, 'resources'), dataset: '样例' }));
    expect(noModel.code).toBe('model.config_missing');
    expect((await client.call('runs.list', {})).total).toBe(0);
  });

  it('trains, stops and saves, goes on in a new life of the core, and ends', async () => {
    await client.call('models.add', { path: path.join(ROOT, 'resources/tiny-model'), name: '小模型' });
    const started = await client.call('runs.start', {
      recipe: {
        name: '主流程',
        model: '小模型',
        dataset: '样例',
        maxSteps: 60,
        cutoffLength: 128,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        lora: { rank: 2, targets: 'attention' },
        evaluation: { everySteps: 0, maxRows: 2, samplePrompts: ['借条怎么写？'], sampleMaxTokens: 8 },
        checkpoints: { everySteps: 0 },
        hardware: { device: 'cpu', cpuThreads: 1 },
      },
    });
    runId = started.runId;
    await followRun((frame) => frame.run.step >= 3);
    const stopped = await client.call('runs.stop', { run: runId });
    expect(stopped).toMatchObject({ state: 'stopped', attempts: 1 });
    expect(stopped.step).toBeLessThan(60);
    expect((await failure(client.call('runs.stop', { run: runId }))).code).toBe('run.not_live');
    const before = await client.call('runs.show', { run: runId });
    expect(before.checkpoints.at(-1)?.step).toBe(stopped.step);

    client.dispose();
    await studio.close();
    client = await studio.client();
    const resumed = await client.call('runs.resume', { run: runId });
    expect(resumed).toMatchObject({ attempt: 2, fromStep: stopped.step });
    const frames = await followRun((frame) => !isLive(frame.run.state));
    const ended = frames.at(-1)?.run;
    expect(ended).toMatchObject({ state: 'done', step: 60, steps: 60, attempts: 2 });
    expect((await failure(client.call('runs.resume', { run: runId }))).code).toBe('run.finished');

    const { series } = await client.call('metrics.query', { run: runId, keys: ['loss'] });
    expect(series[0]?.points.map((point) => point.step)).toEqual(
      Array.from({ length: 60 }, (_, at) => at + 1),
    );
    const live = frames.flatMap((frame) => (frame.kind === 'update' ? frame.points : []));
    const stored = new Map(series[0]?.points.map((point) => [point.step, point.value]));
    for (const point of live.filter((one) => one.key === 'loss'))
      expect(stored.get(point.step)).toBe(point.value);
    expect(live.length).toBeGreaterThan(0);
  });

  it('exports a run as a folder and as an archive that other tools open', async () => {
    const folder = path.join(studio.home, '导出');
    const exported = await client.call('runs.export', { run: runId, path: folder });
    for (const file of [
      'recipe.json',
      'metrics.csv',
      'adapter/adapter_model.safetensors',
      'attempts/2/events.ndjson',
    ]) {
      expect(exported.files).toContain(file);
      expect(existsSync(path.join(folder, file))).toBe(true);
    }
    const csv = readFileSync(path.join(folder, 'metrics.csv'), 'utf8').trim().split('\n');
    expect(csv.length).toBe(61);
    expect((await failure(client.call('runs.export', { run: runId, path: folder }))).code).toBe(
      'run.export_exists',
    );

    const archive = path.join(studio.home, 'run.zip');
    const zipped = await client.call('runs.export', { run: runId, path: archive, format: 'zip' });
    const check =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print("\\n".join(z.namelist()))';
    const names = execFileSync(TEST_PYTHON, ['-X', 'utf8', '-c', check, archive], { encoding: 'utf8' });
    expect(names.trim().split('\n')).toEqual(zipped.files);
  });

  it('merges, and talks to base with adapter and to the merged model alike', async () => {
    const { modelId, jobId } = await client.call('merge.start', { run: runId, dtype: 'fp32', name: '合并' });
    expect((await client.call('models.show', { model: modelId })).state).toBe('building');
    expect((await failure(client.call('chat.open', { model: modelId }))).code).toBe('model.not_ready');
    expect(await jobEnd(jobId)).toMatchObject({ state: 'done' });
    const { model } = await client.call('merge.show', { model: modelId });
    expect(model).toMatchObject({ state: 'ready', runId, step: 60, facts: { supported: true } });

    const fromAdapter = await ask({ run: runId }, '借条怎么写？');
    const fromMerged = await ask({ model: '合并' }, '借条怎么写？');
    const answer = (replies: readonly ChatTopicData[]): string =>
      replies.map((reply) => (reply.kind === 'done' ? reply.text : '')).join('');
    const streamed = fromMerged.map((reply) => (reply.kind === 'delta' ? reply.text : '')).join('');
    expect(streamed).toBe(answer(fromMerged));
    expect(answer(fromMerged)).toBe(answer(fromAdapter));
  });

  // Would catch: a stopped merge that can only be begun anew, a second record of it, a finished one written over.
  it('goes on with a merge that was stopped', async () => {
    const { modelId, jobId } = await client.call('merge.start', { run: runId, dtype: 'fp32', name: '停过' });
    const early = await failure(client.call('merge.resume', { model: modelId }));
    expect(early.code).toBe('merge.not_unfinished');
    await client.call('jobs.stop', { jobId });
    expect((await jobEnd(jobId)).state).not.toBe('done');
    const stopped = await client.call('models.show', { model: modelId });
    expect(stopped).toMatchObject({ state: 'failed', error: { code: 'merge.stopped' } });

    const again = await client.call('merge.resume', { model: '停过' });
    expect(again.modelId).toBe(modelId);
    expect(await jobEnd(again.jobId)).toMatchObject({ state: 'done' });
    const whole = await client.call('models.show', { model: modelId });
    expect(whole).toMatchObject({ state: 'ready', path: stopped.path, runId, step: 60 });
    expect(whole.error).toBeUndefined();
    expect((await failure(client.call('merge.resume', { model: modelId }))).code).toBe(
      'merge.not_unfinished',
    );
    expect((await failure(client.call('merge.resume', { model: runId }))).code).toBe('core.not_found');
  });

  // Would catch: an adapter exported for another base than its run's, a whole model asked of a run.
  it('exports the adapter of the run for llama.cpp', async () => {
    const target = { run: runId, path: path.join(studio.home, '给 llama.cpp') };
    const refused = await failure(client.call('models.export', { ...target, format: 'gguf-f16' }));
    expect(refused.code).toBe('export.needs_model');
    const { jobId } = await client.call('models.export', { ...target, format: 'gguf-lora' });
    const job = await jobEnd(jobId);
    expect(job.error).toBeUndefined();
    expect(job).toMatchObject({ state: 'done', result: { adapter: '主流程-LoRA-F32.gguf' } });
    const gguf = readFileSync(path.join(target.path, '主流程-LoRA-F32.gguf'));
    expect(gguf.subarray(0, 4).toString()).toBe('GGUF');
  });

  it('reports a model that cannot be loaded with the error of the job', async () => {
    const { jobId } = await client.call('datasets.statistics', { dataset: '样例', model: '小模型' });
    expect((await jobEnd(jobId)).state).toBe('done');
    expect((await client.call('datasets.show', { dataset: '样例' })).statistics.length).toBe(1);
    const { sessionId } = await client.call('chat.open', { model: '小模型', template: 'no-such-template' });
    const chat = followChat(client, sessionId);
    expect(await chat.until((reply) => reply.kind === 'closed')).toMatchObject({
      code: 'model.template_unknown',
    });
  });
});
