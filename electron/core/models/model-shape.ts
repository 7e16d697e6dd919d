import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DecoderShape } from '../../shared/domain/preflight/decoder-shape.ts';
import { readWindows } from './attention-windows.ts';
import { COMPAT_TYPES } from './compat-types.ts';

export type ModelLayout = DecoderShape['layout'];

/** A decoder's shape with what else its configuration says. */
export type ModelShape = DecoderShape & Readonly<{ architecture: string; maxPositions: number }>;

type Values = Readonly<Record<string, unknown>>;

/** Model types whose tensors are a Llama decoder's. */
const LLAMA_TYPES = new Set(['llama', 'mistral', 'qwen2', 'qwen3', 'internlm', 'internlm3']);
/** Early InternLM2 folders say `internlm`. */
const INTERNLM2_TYPES = new Set(['internlm2', 'internlm']);
const ROPE_KINDS = new Set(['default', 'linear', 'dynamic', 'llama3', 'yarn']);
const ATTENTION_KINDS: ReadonlySet<unknown> = new Set(['full_attention', 'sliding_attention']);
const DEFAULT_MAX_POSITIONS = 2048;

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
  else refuseUnsupportedOptions(values, modelType);
  const heads = positiveInt(values, 'num_attention_heads');
  const hiddenSize = positiveInt(values, 'hidden_size');
  const kvHeads = positiveInt(values, 'num_key_value_heads', heads);
  const headDim = positiveInt(values, 'head_dim', Math.floor(hiddenSize / heads));
  if (heads % kvHeads !== 0) throw invalid('num_key_value_heads', kvHeads);
  if (headDim % 2 !== 0) throw invalid('head_dim', headDim);
  const anyEndsWith = (...suffixes: readonly string[]): boolean =>
    [...names].some((name) => suffixes.some((suffix) => name.endsWith(suffix)));
  const layers = positiveInt(values, 'num_hidden_layers');
  const windows = isCompat ? undefined : readWindows(values, modelType, layers);
  return {
    layout: layout ?? 'llama',
    isCompat,
    architecture,
    hiddenSize,
    layers,
    ...(windows === undefined ? {} : { windows }),
    heads,
    kvHeads,
    headDim,
    intermediateSize: positiveInt(values, 'intermediate_size'),
    vocabSize: positiveInt(values, 'vocab_size'),
    maxPositions: positiveInt(values, 'max_position_embeddings', DEFAULT_MAX_POSITIONS),
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
function refuseUnsupportedOptions(values: Values, modelType: string): void {
  const activation = values['hidden_act'] ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') throw unsupported('hidden_act', activation);
  if (values['mlp_bias'] === true) throw unsupported('mlp_bias', true);
  refuseQuantized(values);
  // Qwen2 and Qwen3 state a window that is unused unless use_sliding_window is true.
  const usesWindow = modelType === 'mistral' || values['use_sliding_window'] === true;
  if (usesWindow && values['sliding_window'] !== null) positiveInt(values, 'sliding_window', 1);
  const kinds: unknown = usesWindow && modelType !== 'mistral' ? values['layer_types'] : undefined;
  const strange = (Array.isArray(kinds) ? (kinds as readonly unknown[]) : []).find(
    (kind) => !ATTENTION_KINDS.has(kind),
  );
  if (strange !== undefined) throw unsupported('layer_types', strange);
  const rotary = values['partial_rotary_factor'] ?? 1;
  if (rotary !== 1) throw unsupported('partial_rotary_factor', rotary);
  const scaling = objectOf(values['rope_scaling']) ?? objectOf(values['rope_parameters']) ?? {};
  const kind = textOf(scaling['rope_type']) ?? textOf(scaling['type']) ?? 'default';
  if (!ROPE_KINDS.has(kind)) throw new StudioError('model.rope_unsupported', { kind });
}

function refuseQuantized(values: Values): void {
  if (values['quantization_config'] !== undefined && values['quantization_config'] !== null) {
    throw unsupported('quantization_config', '…');
  }
}

function objectOf(value: unknown): Values | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function positiveInt(values: Values, key: string, fallback?: number): number {
  const value = values[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) throw invalid(key, value);
  return value;
}

function unsupported(option: string, value: unknown): StudioError {
  return new StudioError('model.unsupported_option', { option, value: String(value) });
}

function invalid(key: string, value: unknown): StudioError {
  return new StudioError('model.config_invalid', { key, value: String(value) });
}
