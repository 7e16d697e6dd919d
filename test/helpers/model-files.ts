import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes a safetensors file of zeros (F32). */
export function writeTensors(file: string, tensors: Readonly<Record<string, readonly number[]>>): void {
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(tensors)) {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat([prefix, json, Buffer.alloc(offset)]));
}

/** A LoRA adapter of one layer, as PEFT writes it. */
export function writeAdapter(folder: string, config: Readonly<Record<string, unknown>> = {}): void {
  writeTensors(path.join(folder, 'adapter_model.safetensors'), {
    'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': [2, 8],
    'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight': [8, 2],
  });
  writeFileSync(
    path.join(folder, 'adapter_config.json'),
    JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 4, target_modules: ['q_proj'], ...config }),
  );
}

/** A whole model whose architecture nothing here computes. */
export function writeForeignModel(folder: string): void {
  writeTensors(path.join(folder, 'model.safetensors'), { 'transformer.h.0.attn.c_attn.weight': [8, 24] });
  writeFileSync(
    path.join(folder, 'config.json'),
    JSON.stringify({ model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], vocab_size: 16 }),
  );
}

const length = (value: number): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
};
const number32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const text = (value: string): Buffer => Buffer.concat([length(Buffer.byteLength(value)), Buffer.from(value)]);

type GgufValue = string | number | readonly string[];

/** The bytes of a GGUF file of version 3 with one F32 tensor; `values` before it, texts, 32-bit numbers and lists. */
export function ggufBytes(
  values: Readonly<Record<string, GgufValue>>,
  shape: readonly number[] = [8, 4],
): Buffer {
  const entries = Object.entries(values).map(([key, value]) => {
    if (typeof value === 'string') return Buffer.concat([text(key), number32(8), text(value)]);
    if (typeof value === 'number') return Buffer.concat([text(key), number32(4), number32(value)]);
    return Buffer.concat([text(key), number32(9), number32(8), length(value.length), ...value.map(text)]);
  });
  return Buffer.concat([
    Buffer.from('GGUF'),
    number32(3),
    length(1),
    length(entries.length),
    ...entries,
    text('token_embd.weight'),
    number32(shape.length),
    ...shape.map(length),
    number32(0),
    length(0),
    Buffer.alloc(64 + 4 * shape.reduce((product, size) => product * size, 1)),
  ]);
}
