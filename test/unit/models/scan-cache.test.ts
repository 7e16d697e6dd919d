import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { cachePlaces } from '../../../electron/core/models/cache-places.ts';
import { scanCache } from '../../../electron/core/models/scan-cache.ts';
import { ggufBytes } from '../../helpers/model-files.ts';

const REVISION = '3b6cf0dd4a1c';
const INDEX = 'model.safetensors.index.json';

let root: string;
let cache: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), '缓存 '));
  cache = path.join(root, 'cache');
  mkdirSync(cache);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (name: string, content: string | Buffer = '{}'): string => {
  const file = path.join(cache, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};

/** A file of a Hugging Face snapshot: a link to a blob, as the client writes it. */
const putLinked = (repository: string, name: string, blob: string, content = '{}'): void => {
  put(`${repository}/blobs/${blob}`, content);
  const link = path.join(cache, repository, 'snapshots', REVISION, name);
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(path.join('../../blobs', blob), link);
};

describe('a Hugging Face cache', () => {
  const home = 'models--Qwen--Qwen3-0.6B';

  it('offers a snapshot whose files are links to blobs, with its repository and revision', () => {
    putLinked(home, 'config.json', 'aa');
    putLinked(home, 'model.safetensors', 'bb', '12345678');
    put('datasets--org--rows/snapshots/x/config.json');
    expect(scanCache('huggingface', cache)).toEqual({
      exists: true,
      left: 0,
      items: [
        {
          kind: 'base',
          name: 'Qwen3-0.6B',
          path: path.join(cache, home, 'snapshots', REVISION),
          bytes: 10,
          source: { hub: 'huggingface', repository: 'Qwen/Qwen3-0.6B', revision: REVISION },
          missing: [],
        },
      ],
    });
  });

  it('is found one folder deeper too, where HF_HOME is given', () => {
    put(`hub/models--gpt2/snapshots/${REVISION}/config.json`);
    put(`hub/models--gpt2/snapshots/${REVISION}/model.safetensors`);
    expect(scanCache('huggingface', cache).items[0]?.source.repository).toBe('gpt2');
  });

  it('names the shards that a cut download has left out', () => {
    const weight_map = { a: 'model-1.safetensors', b: 'model-2.safetensors' };
    putLinked(home, 'config.json', 'aa');
    putLinked(home, INDEX, 'bb', JSON.stringify({ weight_map }));
    putLinked(home, 'model-1.safetensors', 'cc');
    put(`${home}/blobs/dd.incomplete`);
    expect(scanCache('huggingface', cache).items[0]?.missing).toEqual(['model-2.safetensors']);
  });

  it('does not follow a link out of the cache: such a file is missing, such a folder is not looked into', () => {
    writeFileSync(path.join(root, 'outside.safetensors'), 'secret');
    mkdirSync(path.join(root, 'elsewhere/snapshots/x'), { recursive: true });
    writeFileSync(path.join(root, 'elsewhere/snapshots/x/config.json'), '{}');
    putLinked(home, 'config.json', 'aa');
    const snapshot = path.join(cache, home, 'snapshots', REVISION);
    symlinkSync(path.join(root, 'outside.safetensors'), path.join(snapshot, 'model.safetensors'));
    symlinkSync(path.join(root, 'elsewhere'), path.join(cache, 'models--a--b'));
    const { items } = scanCache('huggingface', cache);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ missing: ['model.safetensors'], bytes: 2 });
  });

  it('tells adapters and GGUF files from bases', () => {
    put(`models--a--lora/snapshots/1/adapter_config.json`);
    put(`models--a--lora/snapshots/1/adapter_model.safetensors`);
    put(`models--a--gguf/snapshots/1/x-Q4_K_M.gguf`, ggufBytes({}));
    put(`models--a--gguf/snapshots/1/x-Q8_0.gguf`, ggufBytes({}));
    expect(scanCache('huggingface', cache).items.map(({ kind, name }) => [kind, name])).toEqual([
      ['gguf', 'x-Q4_K_M'],
      ['gguf', 'x-Q8_0'],
      ['adapter', 'lora'],
    ]);
  });
});

describe('a ModelScope cache', () => {
  it('is read in today’s layout and in the three before it', () => {
    for (const folder of [
      `models/Qwen--Qwen3-8B/snapshots/master`,
      'models/Qwen/Qwen3___5-0___8B',
      'hub/models/Shanghai_AI_Laboratory/internlm2-chat-7b',
      'hub/AI-ModelScope/older',
    ]) {
      put(`${folder}/config.json`);
      put(`${folder}/model.safetensors`);
    }
    put('hub/._____temp/Qwen/half/config.json');
    const found = scanCache('modelscope', cache).items.map(({ source }) => source);
    expect(found).toEqual(
      expect.arrayContaining([
        { hub: 'modelscope', repository: 'Qwen/Qwen3-8B', revision: 'master' },
        { hub: 'modelscope', repository: 'Qwen/Qwen3.5-0.8B' },
        { hub: 'modelscope', repository: 'Shanghai_AI_Laboratory/internlm2-chat-7b' },
        { hub: 'modelscope', repository: 'AI-ModelScope/older' },
      ]),
    );
    expect(found).toHaveLength(4);
  });

  it('offers a repository once where its dotted name is a link to it', () => {
    put('models/Qwen/Qwen3___5/config.json');
    put('models/Qwen/Qwen3___5/model.safetensors');
    symlinkSync('Qwen3___5', path.join(cache, 'models/Qwen/Qwen3.5'));
    expect(scanCache('modelscope', cache).items).toHaveLength(1);
  });
});

describe('an Ollama store', () => {
  const digest = 'a'.repeat(64);
  const manifest = (layers: unknown): string => JSON.stringify({ schemaVersion: 2, layers });
  const layer = { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}`, size: 4 };

  it('offers the model layer of a manifest as the blob that it is', () => {
    put('manifests/registry.ollama.ai/library/qwen3/8b', manifest([{ ...layer, mediaType: 'x' }, layer]));
    put(`blobs/sha256-${digest}`, 'GGUF');
    expect(scanCache('ollama', cache).items).toEqual([
      {
        kind: 'gguf',
        name: 'qwen3:8b',
        path: path.join(cache, 'blobs', `sha256-${digest}`),
        bytes: 4,
        source: { hub: 'ollama', repository: 'qwen3', revision: '8b' },
        missing: [],
      },
    ]);
  });

  it.each([
    ['a blob that is not there', layer, undefined],
    ['a blob that is cut', layer, 'GG'],
  ])('calls %s incomplete', (_name, one, blob) => {
    put('manifests/registry.ollama.ai/me/law/latest', manifest([one]));
    if (blob !== undefined) put(`blobs/sha256-${digest}`, blob);
    expect(scanCache('ollama', cache).items[0]).toMatchObject({
      name: 'me/law:latest',
      missing: [`sha256-${digest}`],
    });
  });

  it('takes no digest for a path', () => {
    put('manifests/r/library/evil/latest', manifest([{ ...layer, digest: 'sha256:../../../../etc/passwd' }]));
    expect(scanCache('ollama', cache).items).toEqual([]);
  });
});

it('a cache that is not there says so', () => {
  expect(scanCache('ollama', path.join(root, 'none'))).toEqual({ exists: false, items: [], left: 0 });
});

describe('the places of caches', () => {
  it('are the variables of the programs, the nearer one first', () => {
    expect(
      cachePlaces({
        HOME: '/h',
        HF_HOME: '/hf',
        HF_HUB_CACHE: '/hub',
        MODELSCOPE_CACHE: '~/ms',
        OLLAMA_MODELS: '/o',
      }),
    ).toEqual([
      { kind: 'huggingface', path: '/hub', variable: 'HF_HUB_CACHE' },
      { kind: 'modelscope', path: '/h/ms', variable: 'MODELSCOPE_CACHE' },
      { kind: 'ollama', path: '/o', variable: 'OLLAMA_MODELS' },
    ]);
  });

  it('are the usual ones without; a relative path in a variable names no place', () => {
    expect(cachePlaces({ HOME: '/h', HF_HOME: 'relative' }).map((one) => one.path)).toEqual([
      '/h/.cache/huggingface/hub',
      '/h/.cache/modelscope',
      '/h/.ollama/models',
    ]);
    expect(cachePlaces({})).toEqual([]);
  });
});
