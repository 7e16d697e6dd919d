import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JobTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { JobView } from '../../../electron/shared/contract/methods/jobs.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { failure, ROOT, TestStudio } from './core-harness.ts';

const TINY = path.join(ROOT, 'resources/tiny-model');

/** The real export job on the embedded model, through the contract. */
describe('exports', () => {
  const studio = new TestStudio();
  let client: RpcClient<StudioContract>;
  let given: string;

  beforeAll(async () => {
    client = await studio.client();
    await client.call('models.add', { path: TINY, name: '小 模型/1' });
    given = path.join(studio.home, '给 别人');
    mkdirSync(given);
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

  // Would catch: a manifest that lies, a name of the library that leaves the folder, left-overs of the staging.
  it('writes a folder whose manifest holds for every file', async () => {
    const started = await client.call('models.export', {
      model: '小 模型/1',
      format: 'gguf-q8_0',
      path: given,
      folderName: '小模型-GGUF',
    });
    expect(started.path).toBe(path.join(given, '小模型-GGUF'));
    const job = await jobEnd(started.jobId);
    expect(job).toMatchObject({ state: 'done', result: { path: started.path, format: 'gguf-q8_0' } });
    expect(readdirSync(given)).toEqual(['小模型-GGUF']);
    const manifest = JSON.parse(readFileSync(path.join(started.path, 'export.json'), 'utf8')) as {
      files: { file: string; bytes: number; sha256: string }[];
    };
    const names = manifest.files.map((one) => one.file);
    expect(names).toContain('小-模型-1-Q8_0.gguf');
    expect(readdirSync(started.path).sort()).toEqual([...names, 'SHA256SUMS', 'export.json'].sort());
    for (const { file, bytes, sha256 } of manifest.files) {
      const content = readFileSync(path.join(started.path, file));
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    // What is given away must not tell where it was made.
    expect(JSON.stringify(manifest)).not.toContain(studio.home);
  });

  // Would catch: an export that replaces or mixes into a folder of the person's.
  it('never writes over anything', async () => {
    const full = path.join(given, '满');
    mkdirSync(full);
    writeFileSync(path.join(full, '我的.txt'), '原样');
    const elsewhere = path.join(studio.home, '别处');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, path.join(given, '链接'));
    for (const folderName of ['满', '链接']) {
      const { jobId } = await client.call('models.export', {
        model: TINY,
        format: 'gguf-f16',
        path: given,
        folderName,
      });
      expect(await jobEnd(jobId)).toMatchObject({ state: 'failed', error: { code: 'export.output_exists' } });
    }
    expect(readFileSync(path.join(full, '我的.txt'), 'utf8')).toBe('原样');
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(readdirSync(given).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  // Would catch: an archive beside the chosen place instead of in it, or one that replaces a file.
  it('writes a zip file into the chosen folder', async () => {
    const ask = (target: Record<string, unknown>): Promise<{ jobId: string; path: string }> =>
      client.call('models.export', { model: '小 模型/1', archive: 'zip', ...target } as never);
    const packed = path.join(given, '打包');
    mkdirSync(packed);
    const started = await ask({ format: 'gguf-q8_0', path: packed });
    expect(started.path).toBe(path.join(packed, '小-模型-1.zip'));
    expect(await jobEnd(started.jobId)).toMatchObject({ state: 'done', result: { path: started.path } });
    expect(readdirSync(packed)).toEqual(['小-模型-1.zip']);
    expect(readFileSync(started.path).subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
    const again = await ask({ format: 'gguf-q8_0', path: started.path });
    expect(again.path).toBe(started.path);
    expect(await jobEnd(again.jobId)).toMatchObject({ error: { code: 'export.output_exists' } });
    for (const [target, code] of [
      [{ format: 'llama', path: packed }, 'export.zip_format'],
      [{ format: 'gguf-f16', path: packed, ollamaName: 'law' }, 'export.zip_ollama'],
    ] as const) {
      expect((await failure(ask(target))).code).toBe(code);
    }
  });

  // Would catch: a folder name that climbs out of the granted place, or writes into what is being read.
  it('refuses what it could not do before a job exists', async () => {
    const ask = (target: Record<string, unknown>): Promise<unknown> =>
      client.call('models.export', { model: TINY, format: 'gguf-f16', path: given, ...target } as never);
    for (const folderName of ['..', '../x', 'a/b', 'a\\b', 'C:x', '', '.x', 'x.', 'a\0b']) {
      expect((await failure(ask({ folderName }))).code, folderName).toBe('core.invalid_input');
    }
    expect((await failure(ask({ ollamaName: '--file' }))).code).toBe('core.invalid_input');
    expect((await failure(ask({ format: 'gguf-lora' }))).code).toBe('export.needs_adapter');
    expect((await failure(ask({ model: '没有' }))).code).toBe('core.not_found');
    expect((await failure(ask({ path: TINY, folderName: 'out' }))).code).toBe('export.inside_source');
    expect(existsSync(path.join(TINY, 'out'))).toBe(false);
  });
});
