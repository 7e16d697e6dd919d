import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { inspectModel, readShapeOf } from '../../../electron/core/models/inspect-model.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { writeTensors } from '../../helpers/model-files.ts';

const TINY = path.resolve(import.meta.dirname, '../../../resources/tiny-model');

let folder: string;

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), '模型 ')), 'base');
});

afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

function refusal(): StudioError {
  try {
    inspectModel(folder);
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
  throw new Error('the folder was taken');
}

type Tensors = Readonly<Record<string, readonly number[]>>;

const CONFIG = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 12,
  vocab_size: 16,
  tie_word_embeddings: true,
};
const TENSORS: Tensors = {
  'model.embed_tokens.weight': [16, 8],
  'model.norm.weight': [8],
  'model.layers.0.self_attn.q_proj.weight': [8, 8],
  'model.layers.0.self_attn.k_proj.weight': [4, 8],
  'model.layers.0.self_attn.v_proj.weight': [4, 8],
  'model.layers.0.self_attn.o_proj.weight': [8, 8],
  'model.layers.0.mlp.gate_proj.weight': [12, 8],
  'model.layers.0.mlp.up_proj.weight': [12, 8],
  'model.layers.0.mlp.down_proj.weight': [8, 12],
  'model.layers.0.input_layernorm.weight': [8],
  'model.layers.0.post_attention_layernorm.weight': [8],
};

function writeModel(config: Record<string, unknown>, tensors: Tensors): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  writeTensors(path.join(folder, 'model.safetensors'), tensors);
}

describe('inspectModel', () => {
  it('reads the embedded model', () => {
    const { parameters, ...facts } = inspectModel(TINY);
    expect(facts).toMatchObject({ layout: 'internlm2', template: 'internlm2', supported: true });
    expect(parameters).toBeGreaterThan(3_000_000);
  });

  it('reads a Llama folder in two shards, tied, with stored rotary frequencies', () => {
    writeModel(CONFIG, {});
    rmSync(path.join(folder, 'model.safetensors'));
    const names = Object.keys(TENSORS);
    const halves = [names.slice(0, 4), names.slice(4)].map((part, at) => ({
      file: `part-${String(at)}.safetensors`,
      part,
    }));
    const weightMap: Record<string, string> = {};
    for (const { file, part } of halves) {
      const extra = file.startsWith('part-1') ? { 'model.layers.0.self_attn.rotary_emb.inv_freq': [2] } : {};
      const tensors = { ...Object.fromEntries(part.map((name) => [name, TENSORS[name] ?? []])), ...extra };
      writeTensors(path.join(folder, file), tensors);
      for (const name of Object.keys(tensors)) weightMap[name] = file;
    }
    writeFileSync(
      path.join(folder, 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: weightMap }),
    );
    expect(inspectModel(folder)).toMatchObject({ layout: 'llama', layers: 1, kvHeads: 1, dtype: 'F32' });
  });

  it('says that code beside the weights is ignored', () => {
    writeModel({ ...CONFIG, auto_map: { AutoModelForCausalLM: 'modeling_x.X' } }, TENSORS);
    expect(inspectModel(folder).carriesCode).toBe(true);
    writeModel(CONFIG, TENSORS);
    expect(inspectModel(folder).carriesCode).toBeUndefined();
    writeFileSync(path.join(folder, 'modeling_x.py'), 'raise SystemExit');
    expect(inspectModel(folder).carriesCode).toBe(true);
  });

  it('names a missing tensor', () => {
    const { 'model.norm.weight': _norm, ...rest } = TENSORS;
    writeModel(CONFIG, rest);
    expect(refusal()).toMatchObject({
      code: 'model.missing_tensors',
      params: { count: 1, first: 'model.norm.weight' },
    });
  });

  it('names an extra tensor', () => {
    writeModel(CONFIG, { ...TENSORS, 'model.layers.0.mlp.expert.weight': [2, 2] });
    expect(refusal()).toMatchObject({
      code: 'model.extra_tensors',
      params: { first: 'model.layers.0.mlp.expert.weight' },
    });
  });

  it('names a tensor of another shape than config.json means', () => {
    writeModel({ ...CONFIG, num_key_value_heads: 2 }, TENSORS);
    expect(refusal()).toMatchObject({
      code: 'model.tensor_shape',
      params: { shape: '4×8', expected: '8×8' },
    });
  });

  it.each([
    [{ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'] }, 'model.unsupported_architecture'],
    [{ hidden_act: 'gelu' }, 'model.unsupported_option'],
    [{ rope_scaling: { type: 'longrope', factor: 4 } }, 'model.rope_unsupported'],
    [{ model_type: 'mistral', sliding_window: 0 }, 'model.config_invalid'],
    [{ num_attention_heads: 0 }, 'model.config_invalid'],
  ])('refuses %j', (changes, code) => {
    writeModel({ ...CONFIG, ...changes }, TENSORS);
    expect(refusal().code).toBe(code);
  });

  it('takes what transformers computes, for the compat engine, whatever its tensors are called', () => {
    // Bug caught: a Phi or Gemma folder refused, or taken for a Llama and its tensors found missing.
    const fused = { 'model.layers.0.self_attn.qkv_proj.weight': [8, 8], 'lm_head.weight': [16, 8] };
    writeModel({ ...CONFIG, model_type: 'phi3', architectures: ['Phi3ForCausalLM'] }, fused);
    const facts = inspectModel(folder);
    expect(facts).toMatchObject({ architecture: 'Phi3ForCausalLM', supported: true, hiddenSize: 8 });
    expect(facts.layout).toBeUndefined();
    expect(readShapeOf(folder)).toMatchObject({
      isCompat: true,
      isFastOnly: false,
      linearNames: ['model.layers.0.self_attn.qkv_proj'],
    });
    const quantized = { quantization_config: { quant_method: 'gptq' } };
    writeModel({ ...CONFIG, model_type: 'phi3', ...quantized }, fused);
    expect(refusal().code).toBe('model.unsupported_option');
  });

  it('refuses pickle weights by name, and never opens them', () => {
    writeModel(CONFIG, TENSORS);
    renameSync(path.join(folder, 'model.safetensors'), path.join(folder, 'pytorch_model.bin'));
    expect(refusal()).toMatchObject({ code: 'model.pickle_only', params: { file: 'pytorch_model.bin' } });
  });

  it('refuses an index that reaches outside its folder', () => {
    for (const file of [
      '../other/model.safetensors',
      '/etc/model.safetensors',
      'C:\\model.safetensors',
      'a\\b.safetensors',
    ]) {
      writeModel(CONFIG, TENSORS);
      const index = { weight_map: { 'model.norm.weight': file } };
      writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
      expect(refusal()).toMatchObject({ code: 'model.index_path', params: { file } });
    }
  });

  it('notices a file that is cut short, and one whose header lies about its length', () => {
    cpSync(TINY, folder, { recursive: true });
    const file = path.join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    truncateSync(file, bytes.length - 1);
    expect(refusal().code).toBe('model.shard_broken');
    bytes.writeBigUInt64LE(2n ** 60n);
    writeFileSync(file, bytes);
    expect(refusal().code).toBe('model.shard_broken');
  });

  it.each([
    ['config.json', '{', 'model.config_broken'],
    ['config.json', '[]', 'model.config_broken'],
    ['config.json', undefined, 'model.config_missing'],
    ['model.safetensors', undefined, 'model.no_weights'],
  ])('refuses %s = %j', (name, text, code) => {
    writeModel(CONFIG, TENSORS);
    if (text === undefined) rmSync(path.join(folder, name));
    else writeFileSync(path.join(folder, name), text);
    expect(refusal().code).toBe(code);
  });

  it('tells an adapter folder and a missing folder apart', () => {
    expect(refusal().code).toBe('model.folder_missing');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'adapter_config.json'), '{}');
    expect(refusal().code).toBe('model.adapter_not_base');
  });
});
