import type { ComputeDevice } from './attention-bytes.ts';
import {
  baseParameters,
  loraModulesByLayer,
  loraParameters,
  qkWidth,
  trainsEmbeddings,
  type LinearModule,
} from './decoder-shape.ts';
import { layerBytes, type LayerBytes } from './layer-bytes.ts';
import type { PassSettings } from './pass-settings.ts';
import { quantisedBytes } from './quantised-bytes.ts';

/** One forward and backward pass: tokens of each document, and how many rows predict an answer's token. */
export type MicroBatch = Readonly<{ lengths: readonly number[]; answerTokens: number }>;

/** Bytes of all tensors at the moment of a training step that holds most of them. */
export type PeakMemory = Readonly<{
  weightsBytes: number;
  adapterBytes: number;
  gradientBytes: number;
  optimizerBytes: number;
  /** What the forward pass keeps for the backward pass. */
  activationBytes: number;
  /** Logits, gradients on their way, what single operations need, and what is derived from weights once. */
  temporaryBytes: number;
  peakBytes: number;
}>;

const FLOAT = 4;
const INDEX = 8;
/** Logits of a chunk in engine/loss.py, and the fewest rows of one there. */
const CHUNK_LOGITS = { cpu: 2 ** 21, cuda: 2 ** 25 } as const;
const CHUNK_ROWS_MIN = 16;

/**
 * Predicts the largest sum of live tensor bytes over the micro-batches of a run, by walking through
 * `Decoder._training_pass` and `Decoder._backward_pass`: the frozen base, masters, gradients and two Adam moments
 * are always there; a pass adds what its layers keep, and the largest of its moments decides.
 */
export function predictPeakMemory(settings: PassSettings, batches: readonly MicroBatch[]): PeakMemory {
  const { shape, lora, width } = settings;
  const quantised = quantisedBytes(settings);
  const weightsBytes = baseParameters(shape) * width - quantised.saved;
  const adapterBytes = loraParameters(shape, lora) * FLOAT;
  const optimizerBytes = 2 * adapterBytes;
  const adapted = loraModulesByLayer(shape, lora);
  // DoRA keeps the lengths of the base's rows.
  const lengths = lora.dora ? sumOf(adapted.flat(), ({ rows }) => rows) * FLOAT : 0;
  // What a pass computes with: the masters themselves, or a rounded copy of them.
  const working = width === FLOAT ? 0 : (adapterBytes / FLOAT) * width;
  // Buffers that the layers of a quantised base share count as held: the first pass makes them.
  const extra = lengths + working + quantised.shared;
  const resident = weightsBytes + 2 * adapterBytes + optimizerBytes + extra;
  const moments = batches.flatMap((batch) => passMoments(settings, adapted, batch));
  // Gate and up are joined while both they and the joined weight exist; the last layer's down is not read yet.
  const loading =
    shape.hiddenSize * shape.intermediateSize * width +
    quantised.loading -
    2 * adapterBytes -
    optimizerBytes -
    extra;
  const start: Moment = { saved: 0, temporary: Math.max(0, loading) };
  const peak = moments.reduce((most, moment) => (total(moment) > total(most) ? moment : most), start);
  return {
    weightsBytes,
    adapterBytes,
    gradientBytes: adapterBytes,
    optimizerBytes,
    activationBytes: Math.round(peak.saved),
    temporaryBytes: Math.round(peak.temporary + extra),
    peakBytes: Math.round(resident + total(peak)),
  };
}

/** Rows whose logits stand at once. */
export const logitRows = (vocabSize: number, device: ComputeDevice): number =>
  Math.max(CHUNK_ROWS_MIN, Math.floor(CHUNK_LOGITS[device] / vocabSize));

type Moment = Readonly<{ saved: number; temporary: number }>;

const total = (moment: Moment): number => moment.saved + moment.temporary;

const sumOf = <Item>(items: readonly Item[], size: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + size(item), 0);

/** The moments of one pass that can be its largest. `adapted`: of each layer, the modules that have an adapter. */
function passMoments(
  settings: PassSettings,
  adapted: readonly (readonly LinearModule[])[],
  { lengths, answerTokens }: MicroBatch,
): readonly Moment[] {
  const { shape, width, device } = settings;
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const answerRows = Math.min(tokens, answerTokens);
  const endsAtFirst = !trainsEmbeddings(settings.lora);
  const windowOf = (layer: number): number | null => shape.windows?.[layer] ?? null;
  // Layers with the same adapters and the same window hold the same.
  const known = new Map<readonly LinearModule[], Map<number | null, LayerBytes>>();
  const fullLayers = adapted.slice(0, -1).map((modules, layer) => {
    const byWindow = known.get(modules) ?? new Map<number | null, LayerBytes>();
    known.set(modules, byWindow);
    const window = windowOf(layer);
    // The widest of the layers below the last: the second at least, where there is one.
    const isFirst = endsAtFirst && shape.layers < 3;
    const bytes = byWindow.get(window) ?? layerBytes(settings, modules, lengths, tokens, isFirst, window);
    byWindow.set(window, bytes);
    return bytes;
  });
  const last = layerBytes(
    settings,
    adapted.at(-1) ?? [],
    lengths,
    answerRows,
    endsAtFirst && shape.layers === 1,
    windowOf(shape.layers - 1),
  );
  // Rotations: a complex number for each pair of q and k elements on a CPU, for each pair of one head elsewhere.
  const rotations = tokens * (device === 'cpu' ? qkWidth(shape) : shape.headDim) * FLOAT;
  const shared = rotations + answerRows * INDEX;
  // A layer that is computed again keeps its input.
  const input = tokens * shape.hiddenSize * width;
  const recomputed = settings.recomputedLayers ?? 0;
  const kept = fullLayers.map((layer, index) => (index < recomputed ? input : layer.saved));
  const below = sumOf(kept, (bytes) => bytes) + shared;
  const all = below + last.saved;
  const atLoss = below + (shape.layers <= recomputed ? input : last.saved);
  // Ids and positions of the rows, which the backward pass no longer needs.
  const indices = tokens * 2 * INDEX;
  // The last layer begins: its input and its normed form, bf16 through two fp32 copies more.
  const inFirstNorm = tokens * shape.hiddenSize * (2 * width + (width === FLOAT ? 0 : 2 * FLOAT));
  const answers = answerRows * shape.hiddenSize;
  // The base's gradient before the final norm is kept until the pass is over.
  const gradient = answers * width;
  return [
    { saved: below, temporary: inFirstNorm + indices },
    { saved: all, temporary: last.forwardTemporary + indices },
    { saved: atLoss, temporary: lossTemporary(settings, answerRows) + indices },
    { saved: all, temporary: gradient + last.backwardTemporary },
    ...backwardMoments(fullLayers, kept, below, gradient),
  ];
}

/**
 * The backward passes of the layers below the last, each of which has all that it keeps again by then and gives it
 * back. `kept`: what each has kept until then.
 */
function backwardMoments(
  layers: readonly LayerBytes[],
  kept: readonly number[],
  below: number,
  gradient: number,
): readonly Moment[] {
  let saved = below;
  return layers.toReversed().map((layer, fromLast) => {
    const own = kept[layers.length - 1 - fromLast] ?? 0;
    saved -= own;
    return { saved: saved + layer.saved, temporary: gradient + layer.backwardTemporary };
  });
}

/** engine/loss.py and the final norm: hidden rows, their normed form and its gradient, and chunks of logits. */
function lossTemporary({ shape, width, device }: PassSettings, rows: number): number {
  const { vocabSize, hiddenSize: hidden } = shape;
  const chunk = logitRows(vocabSize, device);
  const first = Math.min(chunk, rows);
  const second = Math.min(chunk, rows - first);
  // Logits and their logarithmic softmax; from the second chunk on beside the first one's probabilities.
  const logits = Math.max(2 * first, first + 2 * second) * vocabSize * FLOAT;
  const normBackward = rows * hidden * (2 * FLOAT + (width === FLOAT ? 0 : FLOAT));
  return rows * (3 * hidden * width + FLOAT) + Math.max(logits, normBackward);
}
