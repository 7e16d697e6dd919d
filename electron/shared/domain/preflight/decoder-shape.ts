import type { Recipe } from '../../protocol/recipe.ts';
import { matchesTargetPattern } from '../../protocol/target-pattern.ts';

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
  /** For the compat engine: sizes are the base's own, modules go by other names, memory is an estimate. */
  isCompat?: boolean;
  /** For the compat engine: full names of the linear modules of the layers, as the checkpoint has them. */
  linearNames?: readonly string[] | undefined;
  /** transformers has no class of its own for it: the fast engine alone computes it. */
  isFastOnly?: boolean;
  /** What config.json calls the architecture. */
  architecture?: string;
  /** Tokens that a layer attends to; null where all. Not stated: all, in every layer. */
  windows?: readonly (number | null)[] | undefined;
}>;

export type LoraTargets = Recipe['lora']['targets'];

/** Modules trained as wholes beside the adapter. */
export type WholeModules = Recipe['lora']['whole'];

/** Which modules get an adapter. */
export type LoraChoice = Readonly<{ targets: LoraTargets; targetPattern: string | null }>;

/** The products of a layer as the engine computes them: several modules of a checkpoint may be one. */
export type LinearGroup = 'qkv' | 'o' | 'gateUp' | 'down';

/** One linear module of a checkpoint's layer; `rows` × `columns` is its weight, `path` its name inside the layer. */
export type LinearModule = Readonly<{
  name: string;
  path: string;
  group: LinearGroup;
  rows: number;
  columns: number;
}>;

export const queryWidth = (shape: DecoderShape): number => shape.heads * shape.headDim;
export const qkWidth = (shape: DecoderShape): number => (shape.heads + shape.kvHeads) * shape.headDim;
export const qkvWidth = (shape: DecoderShape): number => (shape.heads + 2 * shape.kvHeads) * shape.headDim;

/** The modules of one layer by their short names, in the order of `legal_eagle.models.layouts`. */
export function linearModules(shape: DecoderShape): readonly LinearModule[] {
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const query = queryWidth(shape);
  const key = shape.kvHeads * shape.headDim;
  const isFused = shape.layout === 'internlm2';
  const qkv: readonly Omit<LinearModule, 'path'>[] = isFused
    ? [{ name: 'wqkv', group: 'qkv', rows: query + 2 * key, columns: hidden }]
    : [
        { name: 'q_proj', group: 'qkv', rows: query, columns: hidden },
        { name: 'k_proj', group: 'qkv', rows: key, columns: hidden },
        { name: 'v_proj', group: 'qkv', rows: key, columns: hidden },
      ];
  const modules: readonly Omit<LinearModule, 'path'>[] = [
    ...qkv,
    { name: isFused ? 'wo' : 'o_proj', group: 'o', rows: hidden, columns: query },
    { name: isFused ? 'w1' : 'gate_proj', group: 'gateUp', rows: inner, columns: hidden },
    { name: isFused ? 'w3' : 'up_proj', group: 'gateUp', rows: inner, columns: hidden },
    { name: isFused ? 'w2' : 'down_proj', group: 'down', rows: hidden, columns: inner },
  ];
  const [attention, mlp] = isFused ? ['attention', 'feed_forward'] : ['self_attn', 'mlp'];
  return modules.map((module) => ({
    ...module,
    path: `${isAttention(module) ? attention : mlp}.${module.name}`,
  }));
}

const isAttention = ({ group }: Readonly<{ group: LinearGroup }>): boolean =>
  group === 'qkv' || group === 'o';

/** Full name of a module, as `legal_eagle.models.layouts.linear_names` gives it. */
export const moduleName = (layer: number, module: LinearModule): string =>
  `model.layers.${layer}.${module.path}`;

/** The modules of one layer that a recipe's `lora` means; a name that the layout has not is left out. */
function loraModules(shape: DecoderShape, lora: LoraChoice, layer: number): readonly LinearModule[] {
  const { targets, targetPattern } = lora;
  return linearModules(shape).filter((module) => {
    const name = moduleName(layer, module);
    if (targetPattern !== null && !matchesTargetPattern(targetPattern, name)) return false;
    if (targets === 'all') return true;
    if (targets === 'attention') return isAttention(module);
    if (targets === 'mlp') return !isAttention(module);
    return targets.some((target) => name === target || name.endsWith(`.${target}`));
  });
}

/** The modules of every layer, in order; the same object for layers that have the same. */
export function loraModulesByLayer(
  shape: DecoderShape,
  lora: LoraChoice,
): readonly (readonly LinearModule[])[] {
  const known = new Map<string, readonly LinearModule[]>();
  return Array.from({ length: shape.layers }, (_, layer) => {
    const modules = loraModules(shape, lora, layer);
    const key = modules.map((module) => module.name).join(' ');
    const same = known.get(key) ?? modules;
    known.set(key, same);
    return same;
  });
}

/** Elements of every A [r, in] and B [out, r], of DoRA's row lengths [out], and of modules trained as wholes. */
export function loraParameters(
  shape: DecoderShape,
  lora: LoraChoice & Readonly<{ rank: number; dora: boolean; whole: WholeModules }>,
): number {
  const wholes = Number(trainsEmbeddings(lora)) + Number(trainsHead(lora));
  return loraModulesByLayer(shape, lora)
    .flat()
    .reduce(
      (sum, { rows, columns }) => sum + lora.rank * (rows + columns) + (lora.dora ? rows : 0),
      wholes * shape.vocabSize * shape.hiddenSize,
    );
}

/** Elements of everything that a run trains. */
export const trainedParameters = (
  { method, lora }: Pick<Recipe, 'method' | 'lora'>,
  shape: DecoderShape,
): number => (method === 'full' ? baseParameters(shape) : loraParameters(shape, lora));

type Wholes = Readonly<{ whole: WholeModules }>;
export const trainsEmbeddings = ({ whole }: Wholes): boolean => whole === 'embeddings' || whole === 'both';
const trainsHead = ({ whole }: Wholes): boolean => whole === 'head' || whole === 'both';

/** Elements of the frozen base as the engine holds it. */
export function baseParameters(shape: DecoderShape): number {
  const { hiddenSize: hidden } = shape;
  const linear = linearModules(shape).reduce((sum, module) => sum + module.rows * module.columns, 0);
  const biases = (shape.qkvBias ? qkvWidth(shape) : 0) + (shape.oBias ? hidden : 0);
  const norms = 2 * hidden + (shape.qkNorm ? 2 * shape.headDim : 0);
  const vocabulary = shape.vocabSize * hidden * (shape.tiedEmbeddings ? 1 : 2);
  return shape.layers * (linear + biases + norms) + vocabulary + hidden;
}
