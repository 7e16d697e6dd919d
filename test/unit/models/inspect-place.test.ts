import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readWindows } from '../../../electron/core/models/attention-windows.ts';
import { inspectPlace } from '../../../electron/core/models/inspect-place.ts';
import { nameOfPath, sourceOfPath } from '../../../electron/core/models/path-source.ts';
import { readLicence } from '../../../electron/core/models/read-licence.ts';
import { ggufBytes, writeAdapter, writeForeignModel } from '../../helpers/model-files.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), '模型 '));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Buffer): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};

describe('a folder or file', () => {
  it('of an architecture that nothing computes is kept with its reason and its size', () => {
    writeForeignModel(folder);
    expect(inspectPlace(folder)).toMatchObject({
      kind: 'base',
      facts: {
        architecture: 'GPT2LMHeadModel',
        family: 'gpt2',
        parameters: 192,
        vocabSize: 16,
        supported: false,
        reason: { code: 'model.unsupported_architecture' },
      },
    });
  });

  it('of an adapter says how it was made and what its base is called', () => {
    writeAdapter(folder, {
      base_model_name_or_path: 'Qwen/Qwen3-8B',
      use_dora: true,
      modules_to_save: ['lm_head'],
    });
    expect(inspectPlace(folder)).toMatchObject({
      kind: 'adapter',
      facts: {
        architecture: 'DoRA',
        parameters: 32,
        supported: true,
        adapter: { rank: 2, alpha: 4, targets: ['q_proj'], whole: ['lm_head'], baseName: 'Qwen/Qwen3-8B' },
      },
    });
  });

  it('of an adapter in pickle is refused by its name, never opened', () => {
    writeAdapter(folder);
    rmSync(path.join(folder, 'adapter_model.safetensors'));
    put('adapter_model.bin', 'x');
    expect(() => inspectPlace(folder)).toThrow(expect.objectContaining({ code: 'model.pickle_only' }));
  });

  it('of GGUF is read by its header, past a vocabulary', () => {
    const values = {
      'general.architecture': 'qwen3',
      'general.file_type': 15,
      'general.license': 'apache-2.0',
      'tokenizer.ggml.tokens': Array.from({ length: 3000 }, (_, at) => `词${String(at)}`),
      'qwen3.context_length': 40_960,
      'qwen3.block_count': 28,
    };
    const file = put('model-Q4_K_M.gguf', ggufBytes(values, [128, 3000]));
    const expected = {
      kind: 'gguf',
      path: file,
      facts: {
        architecture: 'qwen3',
        dtype: 'Q4_K_M',
        parameters: 384_000,
        layers: 28,
        maxPositions: 40_960,
        licence: { name: 'apache-2.0', file: 'model-Q4_K_M.gguf' },
        supported: false,
        reason: { code: 'model.gguf_not_trained' },
      },
    };
    expect(inspectPlace(file)).toMatchObject(expected);
    // The folder means the file where it is the only one.
    expect(inspectPlace(folder)).toMatchObject(expected);
  });

  it('with several GGUF files asks which', () => {
    put('a.gguf', ggufBytes({}));
    put('b.gguf', ggufBytes({}));
    expect(() => inspectPlace(folder)).toThrow(
      expect.objectContaining({
        code: 'model.gguf_several',
        params: { folder, files: ['a.gguf', 'b.gguf'] },
      }),
    );
  });

  const whole = ggufBytes({ 'general.architecture': 'llama', words: ['a', 'b'] });
  const changed = (at: number, value: bigint): Buffer => {
    const copy = Buffer.from(whole);
    copy.writeBigUInt64LE(value, at);
    return copy;
  };
  it.each([
    ['cut in its header', whole.subarray(0, 60)],
    [
      'of a version that nobody knows',
      Buffer.concat([Buffer.from('GGUF'), Buffer.from([9, 0, 0, 0]), whole.subarray(8)]),
    ],
    ['with more tensors than any file', changed(8, 1n << 60n)],
    ['with more values than any file', changed(16, 1n << 62n)],
    ['with a key longer than the file', changed(24, 1n << 40n)],
  ])('of GGUF %s is refused', (_name, content) => {
    const file = put('x.gguf', content);
    expect(() => inspectPlace(file)).toThrow(expect.objectContaining({ code: 'model.gguf_broken' }));
  });
});

describe('a licence', () => {
  it.each([
    ['---\nlicense: apache-2.0\n---\n# x', 'apache-2.0'],
    ['---\r\ntags: [a]\r\nlicense: "mit" # note\r\n---\r\n', 'mit'],
    ['---\nlicense:\n- cc-by-nc-4.0\n---\n', 'cc-by-nc-4.0'],
    ['---\nlicense: other\nlicense_name: llama3\n---\n', 'llama3'],
  ])('of the card %j is %s', (card, name) => {
    put('README.md', card);
    expect(readLicence(folder)).toEqual({ name, file: 'README.md' });
  });

  it('is the title of the licence file where the card names none', () => {
    put('README.md', '# license: mit\n');
    put('LICENSE.txt', '\n   Apache License\n   Version 2.0, January 2004\n');
    expect(readLicence(folder)).toEqual({ name: 'apache-2.0', file: 'LICENSE.txt' });
  });

  it('that nobody here knows is named by its file; none is undefined', () => {
    expect(readLicence(folder)).toBeUndefined();
    put('LICENSE', 'Do what is right.');
    expect(readLicence(folder)).toEqual({ file: 'LICENSE' });
  });
});

describe('where a path came from', () => {
  it.each([
    [
      '/c/models--Qwen--Qwen3-8B/snapshots/abc',
      { hub: 'huggingface', repository: 'Qwen/Qwen3-8B', revision: 'abc' },
      'Qwen3-8B',
    ],
    ['/c/models--gpt2/snapshots/abc', { hub: 'huggingface', repository: 'gpt2', revision: 'abc' }, 'gpt2'],
    [
      '/c/models/Qwen--Q/snapshots/master',
      { hub: 'modelscope', repository: 'Qwen/Q', revision: 'master' },
      'Q',
    ],
    ['/h/.cache/modelscope/hub/models/Q/q3___5', { hub: 'modelscope', repository: 'Q/q3.5' }, 'q3.5'],
    ['/data/my-model', undefined, 'my-model'],
    ['/data/x-Q8_0.gguf', undefined, 'x-Q8_0'],
  ])('%s', (place, source, name) => {
    expect(sourceOfPath(place)).toEqual(source);
    expect(nameOfPath(place)).toBe(name);
  });
});

// The preflight counts a layer under a window as one without where these differ from the engine's.
describe('attention windows', () => {
  it('of Mistral hold for every layer; those of Qwen only where they are switched on', () => {
    expect(readWindows({ sliding_window: 64 }, 'mistral', 2)).toEqual([64, 64]);
    expect(readWindows({ sliding_window: null }, 'mistral', 2)).toBeUndefined();
    expect(readWindows({ sliding_window: 64 }, 'qwen3', 2)).toBeUndefined();
  });

  it('of Qwen follow layer_types, else max_window_layers', () => {
    const on = { sliding_window: 64, use_sliding_window: true };
    const kinds = ['full_attention', 'sliding_attention'];
    expect(readWindows({ ...on, layer_types: kinds }, 'qwen3', 2)).toEqual([null, 64]);
    expect(readWindows({ ...on, max_window_layers: 1 }, 'qwen2', 3)).toEqual([null, 64, 64]);
    expect(readWindows(on, 'qwen2', 3)).toBeUndefined();
    expect(() => readWindows({ ...on, layer_types: kinds }, 'qwen3', 3)).toThrow('model.config_invalid');
  });
});
