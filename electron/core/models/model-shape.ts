import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DecoderShape } from '../../shared/domain/preflight/decoder-shape.ts';
import { readWindows } from './attention-windows.ts';
import { COMPAT_TYPES } from './compat-types.ts';
import { invalid, positiveInt, positiveNumber, type Values } from './config-values.ts';
import { checkRope } from './rope-check.ts';

export type ModelLayout = DecoderShape['layout'];

/** A decoder's shape with what else its configuration says. */
export type ModelShape = DecoderShape & Readonly<{ architecture: string; maxPositions: number }>;

/** Model types that transformers itself has no class for. */
const FAST_ONLY_TYPES = new Set(['internlm', 'internlm2', 'internlm3']);
/** Model types whose tensors are a Llama decoder's. */
const LLAMA_TYPES = new Set(['llama', 'mistral', 'qwen2', 'qwen3', 'internlm', 'internlm3']);
/** Early InternLM2 folders say `internlm`. */
const INTERNLM2_TYPES = new Set(['internlm2', 'internlm']);
const DEFAULT_MAX_POSITIONS = 2048;
/** Far beyond any model; a count from a broken file must not become a list of that length. */
const MAX_LAYERS = 4096;

/**
 * The shape that a parsed config.json and the names of the stored tensors describe. A folder is recognised by
 * what its tensors are called, never by code it carries. Throws `model.unsupported_architecture`,
 * `model.unsupported_option`, `model.rope_unsupported`, `model.config_invalid`.
 */
export function readModelShape(values: Values, names: ReadonlySet<string>): ModelShape {
  const modelType = textOf(values['model_type']) ?? '';
  const layout = detectLayout(modelType, names);
  const architecture = statedArchitecture(values, modelType);
  const isCompat = layout === undefined && COMPAT_TYPES.has(modelType);
  if (layout === undefined && !isCompat) {
    throw new StudioError('model.unsupported_architecture', { architecture });
  }
  if (isCompat) refuseQuantized(values);
  else refuseUnsupportedOptions(values);
  const heads = positiveInt(values, 'num_attention_heads');
  const hiddenSize = positiveInt(values, 'hidden_size');
  const kvHeads = positiveInt(values, 'num_key_value_heads', heads);
  const headDim = positiveInt(values, 'head_dim', Math.floor(hiddenSize / heads));
  if (heads % kvHeads !== 0) throw invalid('num_key_value_heads', kvHeads);
  if (headDim % 2 !== 0) throw invalid('head_dim', headDim);
  const layers = positiveInt(values, 'num_hidden_layers');
  if (layers > MAX_LAYERS) throw invalid('num_hidden_layers', layers);
  const maxPositions = positiveInt(values, 'max_position_embeddings', DEFAULT_MAX_POSITIONS);
  if (!isCompat) {
    checkRope(values, maxPositions);
    positiveNumber(values, 'rms_norm_eps', 1e-6);
  }
  const anyEndsWith = (...suffixes: readonly string[]): boolean =>
    [...names].some((name) => suffixes.some((suffix) => name.endsWith(suffix)));
  const windows = isCompat ? undefined : readWindows(values, modelType, layers);
  return {
    layout: layout ?? 'llama',
    isCompat,
    isFastOnly: FAST_ONLY_TYPES.has(modelType),
    architecture,
    hiddenSize,
    layers,
    ...(windows === undefined ? {} : { windows }),
    heads,
    kvHeads,
    headDim,
    intermediateSize: positiveInt(values, 'intermediate_size'),
    vocabSize: positiveInt(values, 'vocab_size'),
    maxPositions,
    qkvBias: anyEndsWith('self_attn.q_proj.bias', 'attention.wqkv.bias'),
    oBias: anyEndsWith('self_attn.o_proj.bias', 'attention.wo.bias'),
    qkNorm: anyEndsWith('self_attn.q_norm.weight'),
    // A head that is not stored is the embedding, whatever the architecture's default.
    tiedEmbeddings: isCompat ? !names.has('lm_head.weight') : values['tie_word_embeddings'] === true,
  };
}

export function statedArchitecture(values: Values, modelType: string): string {
  const architectures = values['architectures'];
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (typeof first === 'string' && first !== '') return first;
  return modelType === '' ? 'unknown' : modelType;
}

function detectLayout(modelType: string, names: ReadonlySet<string>): ModelLayout | undefined {
  const fused = [...names].some((name) => name.endsWith('.attention.wqkv.weight'));
  const split = [...names].some((name) => name.endsWith('.self_attn.q_proj.weight'));
  if (fused && !split && INTERNLM2_TYPES.has(modelType)) return 'internlm2';
  return split && !fused && LLAMA_TYPES.has(modelType) ? 'llama' : undefined;
}

/** Refuses what the engine would compute differently from the checkpoint's own definition. */
function refuseUnsupportedOptions(values: Values): void {
  const activation = values['hidden_act'] ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') throw unsupported('hidden_act', activation);
  if ((values['mlp_bias'] ?? false) !== false) throw unsupported('mlp_bias', values['mlp_bias']);
  refuseQuantized(values);
  const rotary = values['partial_rotary_factor'] ?? 1;
  if (rotary !== 1) throw unsupported('partial_rotary_factor', rotary);
}

function refuseQuantized(values: Values): void {
  if (values['quantization_config'] !== undefined && values['quantization_config'] !== null) {
    throw unsupported('quantization_config', '…');
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function unsupported(option: string, value: unknown): StudioError {
  return new StudioError('model.unsupported_option', { option, value: String(value) });
}
