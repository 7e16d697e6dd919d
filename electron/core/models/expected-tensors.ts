import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ModelLayout, ModelShape } from './model-shape.ts';
import { extraTensors, missingTensors } from './model-tensors.ts';
import type { TensorInfo } from './safetensors-header.ts';

type LayoutNames = Readonly<{
  embedding: string;
  head: string;
  qkv: readonly string[];
  o: string;
  gate: string;
  up: string;
  down: string;
  norms: readonly [string, string];
}>;

const NAMES: Readonly<Record<ModelLayout, LayoutNames>> = {
  internlm2: {
    embedding: 'model.tok_embeddings',
    head: 'output',
    qkv: ['attention.wqkv'],
    o: 'attention.wo',
    gate: 'feed_forward.w1',
    up: 'feed_forward.w3',
    down: 'feed_forward.w2',
    norms: ['attention_norm', 'ffn_norm'],
  },
  llama: {
    embedding: 'model.embed_tokens',
    head: 'lm_head',
    qkv: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
    o: 'self_attn.o_proj',
    gate: 'mlp.gate_proj',
    up: 'mlp.up_proj',
    down: 'mlp.down_proj',
    norms: ['input_layernorm', 'post_attention_layernorm'],
  },
};

const FLOAT_DTYPES = new Set(['F32', 'F16', 'BF16']);
/** Rotary frequencies that old shards carry; they are computed, never read. */
const STORED_FREQUENCIES = 'rotary_emb.inv_freq';

/**
 * Compares the stored tensors with what the shape needs. Throws `model.missing_tensors`,
 * `model.extra_tensors`, `model.tensor_shape`, `model.tensor_dtype`.
 */
export function checkTensors(shape: ModelShape, tensors: ReadonlyMap<string, TensorInfo>): void {
  const expected = expectedTensors(shape);
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  if (missing.length > 0) throw missingTensors(missing);
  // Some writers store the copy of the embedding that a tied head is.
  const tiedHead = shape.tiedEmbeddings ? `${NAMES[shape.layout].head}.weight` : undefined;
  const extra = [...tensors.keys()]
    .filter((name) => !expected.has(name) && name !== tiedHead && !name.endsWith(STORED_FREQUENCIES))
    .sort();
  if (extra.length > 0) throw extraTensors(extra);
  for (const [tensor, sizes] of expected) {
    const info = tensors.get(tensor);
    if (info === undefined) continue;
    if (info.shape.join('×') !== sizes.join('×')) {
      const params = { tensor, shape: info.shape.join('×'), expected: sizes.join('×') };
      throw new StudioError('model.tensor_shape', params);
    }
    checkDtype(tensor, info);
  }
}

/** What can be said of tensors whose names only transformers knows. Throws `model.tensor_dtype`. */
export function checkDtypes(tensors: ReadonlyMap<string, TensorInfo>): void {
  for (const [tensor, info] of tensors) checkDtype(tensor, info);
}

function checkDtype(tensor: string, { dtype }: TensorInfo): void {
  if (!FLOAT_DTYPES.has(dtype)) throw new StudioError('model.tensor_dtype', { tensor, dtype });
}

/** Name and sizes of every tensor that a checkpoint of this shape must hold. */
function expectedTensors(shape: ModelShape): ReadonlyMap<string, readonly number[]> {
  const names = NAMES[shape.layout];
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const queryRows = shape.heads * shape.headDim;
  const keyRows = shape.kvHeads * shape.headDim;
  const qkvRows = names.qkv.length === 1 ? [queryRows + 2 * keyRows] : [queryRows, keyRows, keyRows];
  const expected = new Map<string, readonly number[]>([
    [`${names.embedding}.weight`, [shape.vocabSize, hidden]],
    ['model.norm.weight', [hidden]],
  ]);
  if (!shape.tiedEmbeddings) expected.set(`${names.head}.weight`, [shape.vocabSize, hidden]);
  for (let layer = 0; layer < shape.layers; layer++) {
    const put = (name: string, sizes: readonly number[]): void =>
      void expected.set(`model.layers.${layer}.${name}`, sizes);
    names.qkv.forEach((name, at) => {
      const rows = qkvRows[at] ?? 0;
      put(`${name}.weight`, [rows, hidden]);
      if (shape.qkvBias) put(`${name}.bias`, [rows]);
    });
    put(`${names.o}.weight`, [hidden, queryRows]);
    if (shape.oBias) put(`${names.o}.bias`, [hidden]);
    put(`${names.gate}.weight`, [inner, hidden]);
    put(`${names.up}.weight`, [inner, hidden]);
    put(`${names.down}.weight`, [hidden, inner]);
    for (const norm of names.norms) put(`${norm}.weight`, [hidden]);
    if (shape.qkNorm) {
      put('self_attn.q_norm.weight', [shape.headDim]);
      put('self_attn.k_norm.weight', [shape.headDim]);
    }
  }
  return expected;
}
