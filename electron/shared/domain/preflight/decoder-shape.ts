import type { Recipe } from '../../protocol/recipe.ts';

/** A decoder's shape; sizes in elements. The same facts as `legal_eagle.models.config.ModelConfig`. */
export type DecoderShape = Readonly<{
  layout: 'internlm2' | 'llama';
  hiddenSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediateSize: number;
  vocabSize: number;
  qkvBias: boolean;
  oBias: boolean;
  qkNorm: boolean;
  tiedEmbeddings: boolean;
}>;

export type LoraTargets = Recipe['lora']['targets'];

/** The products of a layer as the engine computes them: several modules of a checkpoint may be one. */
export type LinearGroup = 'qkv' | 'o' | 'gateUp' | 'down';

/** One linear module of a checkpoint's layer; `rows` × `columns` is its weight. */
export type LinearModule = Readonly<{ name: string; group: LinearGroup; rows: number; columns: number }>;

export const queryWidth = (shape: DecoderShape): number => shape.heads * shape.headDim;
export const qkWidth = (shape: DecoderShape): number => (shape.heads + shape.kvHeads) * shape.headDim;
export const qkvWidth = (shape: DecoderShape): number => (shape.heads + 2 * shape.kvHeads) * shape.headDim;

/** The modules of one layer by their short names, in the order of `legal_eagle.models.layouts`. */
export function linearModules(shape: DecoderShape): readonly LinearModule[] {
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const query = queryWidth(shape);
  const key = shape.kvHeads * shape.headDim;
  const isFused = shape.layout === 'internlm2';
  const qkv: readonly LinearModule[] = isFused
    ? [{ name: 'wqkv', group: 'qkv', rows: query + 2 * key, columns: hidden }]
    : [
        { name: 'q_proj', group: 'qkv', rows: query, columns: hidden },
        { name: 'k_proj', group: 'qkv', rows: key, columns: hidden },
        { name: 'v_proj', group: 'qkv', rows: key, columns: hidden },
      ];
  return [
    ...qkv,
    { name: isFused ? 'wo' : 'o_proj', group: 'o', rows: hidden, columns: query },
    { name: isFused ? 'w1' : 'gate_proj', group: 'gateUp', rows: inner, columns: hidden },
    { name: isFused ? 'w3' : 'up_proj', group: 'gateUp', rows: inner, columns: hidden },
    { name: isFused ? 'w2' : 'down_proj', group: 'down', rows: hidden, columns: inner },
  ];
}

/** The modules that a recipe's `lora.targets` means; a name that the layout has not is left out. */
export function loraModules(shape: DecoderShape, targets: LoraTargets): readonly LinearModule[] {
  const isAttention = (module: LinearModule): boolean => module.group === 'qkv' || module.group === 'o';
  return linearModules(shape).filter((module) => {
    if (targets === 'all') return true;
    if (targets === 'attention') return isAttention(module);
    if (targets === 'mlp') return !isAttention(module);
    return targets.includes(module.name);
  });
}

/** Elements of every A [r, in] and B [out, r]. */
export function loraParameters(
  shape: DecoderShape,
  lora: Readonly<{ rank: number; targets: LoraTargets }>,
): number {
  const widths = loraModules(shape, lora.targets).map((module) => module.rows + module.columns);
  return shape.layers * lora.rank * widths.reduce((sum, width) => sum + width, 0);
}

/** Elements of the frozen base as the engine holds it. */
export function baseParameters(shape: DecoderShape): number {
  const { hiddenSize: hidden } = shape;
  const linear = linearModules(shape).reduce((sum, module) => sum + module.rows * module.columns, 0);
  const biases = (shape.qkvBias ? qkvWidth(shape) : 0) + (shape.oBias ? hidden : 0);
  const norms = 2 * hidden + (shape.qkNorm ? 2 * shape.headDim : 0);
  const vocabulary = shape.vocabSize * hidden * (shape.tiedEmbeddings ? 1 : 2);
  return shape.layers * (linear + biases + norms) + vocabulary + hidden;
}
