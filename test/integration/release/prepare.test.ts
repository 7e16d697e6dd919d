import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { evidenceSchema } from '../../../electron/shared/domain/card/evidence.ts';
import { failure, TestStudio } from '../core/core-harness.ts';
import { addAccount, makeRelease, MERGED, RUN, settled, type Client } from './released-studio.ts';

const ENDPOINT = 'http://127.0.0.1:9';
const ADAPTER = { part: 'adapter', run: RUN, repository: 'law/tiny-lora' } as const;

/** What a release is made of, before any hub is asked. */
describe('a release', () => {
  const studio = new TestStudio();
  let client: Client;
  let made: Readonly<{ runId: string; modelId: string }>;
  let account: string;

  beforeAll(async () => {
    client = await studio.client();
    made = await makeRelease(client);
    account = await addAccount(client, ENDPOINT);
  });

  afterAll(async () => {
    await studio.dispose();
    expect(studio.defects).toEqual([]);
  });

  it('is proposed of a run, of its merged model, and of the adapter’s entry in the library alike', async () => {
    const draft = await client.call('releases.draft', { run: RUN });
    expect(draft.parts.map(({ part, runId, modelId }) => ({ part, runId, modelId }))).toEqual([
      { part: 'adapter', runId: made.runId, modelId: undefined },
      { part: 'merged', runId: made.runId, modelId: made.modelId },
    ]);
    expect(draft.samplePrompts).toEqual(['借条怎么写？']);
    for (const { repositoryName } of draft.parts)
      expect(repositoryName).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/u);
    const ofModel = await client.call('releases.draft', { model: MERGED });
    expect(ofModel.parts.map(({ part }) => part)).toEqual(['merged', 'adapter']);
    const ofEntry = await client.call('releases.draft', { model: made.runId });
    expect(ofEntry.parts.map(({ part }) => part)).toEqual(['adapter', 'merged']);
    // A base that nothing was done to is somebody else's.
    expect((await failure(client.call('releases.draft', { model: '小模型' }))).code).toBe(
      'release.part_kind',
    );
    const noStep = await failure(client.call('releases.draft', { model: '没有' }));
    expect(noStep.code).toBe('core.not_found');
  });

  it('shows cards that link each other and name no place of this machine', async () => {
    const merged = { part: 'merged', model: MERGED, repository: 'law/tiny' } as const;
    for (const hub of ['modelscope', 'huggingface'] as const) {
      for (const language of ['zh', 'en'] as const) {
        const { cards } = await client.call('releases.preview', { parts: [ADAPTER, merged], hub, language });
        expect(cards.map((card) => card.part)).toEqual(['adapter', 'merged']);
        expect(cards[0]?.readme).toContain('law/tiny');
        expect(cards[1]?.readme).toContain('law/tiny-lora');
        for (const { readme } of cards) {
          expect(readme.length).toBeGreaterThan(200);
          expect(readme).not.toContain(studio.home);
        }
      }
    }
    const twice = await failure(
      client.call('releases.preview', { parts: [ADAPTER, ADAPTER], hub: 'modelscope', language: 'zh' }),
    );
    expect(twice.code).toBe('release.parts_repeat');
  });

  // Would catch: optimizer states, records of ours and folders of this machine that leave it.
  it('is made of named files only, with the base by its id and a sum for each', async () => {
    const adapter = (await client.call('models.show', { model: made.runId })).path;
    writeFileSync(path.join(adapter, '.env'), 'SECRET=1');
    writeFileSync(path.join(adapter, 'optimizer.pt'), 'x');
    const { releaseId } = await client.call('releases.start', { parts: [ADAPTER], account, planOnly: true });
    const view = await settled(client, releaseId);
    const folder = path.join(view.folder, 'adapter', 'files');
    const list = JSON.parse(readFileSync(path.join(view.folder, 'adapter', 'upload.json'), 'utf8')) as {
      files: { path: string; from: string; sha256: string }[];
    };
    const names = list.files.map((file) => file.path);
    expect(names).toEqual(
      expect.arrayContaining([
        'README.md',
        'SHA256SUMS',
        'adapter_config.json',
        'adapter_model.safetensors',
        'configuration.json',
        'description/loss.png',
        'evidence.json',
      ]),
    );
    for (const refused of ['.env', 'optimizer.pt', 'legal_eagle.json']) expect(names).not.toContain(refused);
    expect(JSON.stringify(list)).not.toContain(studio.home);
    const config = JSON.parse(readFileSync(path.join(folder, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ base_model_name_or_path: 'law/tiny-base', revision: 'v1.0' });
    const sums = readFileSync(path.join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n');
    expect(sums.length).toBe(names.length - 1);
    for (const line of sums) {
      const [sum, name = ''] = line.split('  ');
      const from = list.files.find((file) => file.path === name)?.from === 'source' ? adapter : folder;
      const content = readFileSync(path.join(from, name));
      expect([name, createHash('sha256').update(content).digest('hex')]).toEqual([name, sum]);
    }
    expect(readdirSync(folder)).not.toContain('adapter_model.safetensors');
    const evidence = evidenceSchema.parse(
      JSON.parse(readFileSync(path.join(folder, 'evidence.json'), 'utf8')),
    );
    const beside = list.files.filter(({ path: name }) => !['SHA256SUMS', 'evidence.json'].includes(name));
    expect(evidence.files.map(({ path: name, sha256 }) => [name, sha256])).toEqual(
      beside.map(({ path: name, sha256 }) => [name, sha256]),
    );
    expect(evidence.data[0]?.sources.length).toBeGreaterThan(0);
    expect(evidence.checkpoints.length).toBeGreaterThan(0);
    expect(JSON.stringify(evidence)).not.toContain(studio.home);
    // How a run of this studio was trained is known; its packages only where a lock made the environment.
    const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');
    const training = /^## 训练过程$([\s\S]*?)^## /mu.exec(readme)?.[1] ?? '';
    const unknown = training.split('\n').filter((line) => line.includes('未记录'));
    expect(training).toContain('4 / 4');
    expect(unknown).toEqual(['| 软件包 | 未记录 |']);
  });

  it('is refused without a token, and cannot become public before it was sent', async () => {
    const start = (wish: object): Promise<unknown> =>
      client.call('releases.start', { parts: [ADAPTER], account, ...wish });
    expect((await failure(start({ account: 'nobody' }))).code).toBe('release.account_unusable');
    const { items } = await client.call('releases.list', {});
    const [first] = items;
    const publish = { release: first?.id ?? '', confirmed: ['law/tiny-lora'], reason: '试' };
    expect((await failure(client.call('releases.publish', publish))).code).toBe('release.not_done');
    await client.call('releases.cancel', { release: first?.id ?? '' });
    const over = await failure(client.call('releases.resume', { release: first?.id ?? '' }));
    expect(over.code).toBe('release.over');
    await client.call('releases.remove', { release: first?.id ?? '' });
    expect((await client.call('releases.list', {})).total).toBe(0);
  });
});
