import type { ComputeDevice } from './attention-bytes.ts';
import { baseParameters, qkvWidth, qkWidth, queryWidth, type DecoderShape } from './decoder-shape.ts';
import { logitRows, type MicroBatch, type PeakMemory } from './peak-memory.ts';

/** How a run of full fine-tuning computes (compat/full_model.py): what decides the size of every tensor. */
export type FullSettings = Readonly<{
  shape: DecoderShape;
  /** Bytes of one element in a pass: 4 (fp32), or 2 where autocast computes in bf16 or fp16. */
  width: number;
  device: ComputeDevice;
  /** Whether each layer keeps its input only, and is computed again. */
  recomputesAll: boolean;
  /** Whether a step has several passes: gradients of the first then stand while the others are computed. */
  accumulates: boolean;
  /** Processes on this machine; several add up their gradients in a tensor of its own. */
  processes: number;
}>;

const FLOAT = 4;
const INDEX = 8;

/**
 * Predicts the largest sum of live tensor bytes of full fine-tuning: fp32 weights, which are the masters, their
 * gradients and two Adam moments (16 bytes a parameter), and what autograd keeps of a pass through transformers'
 * Llama layers and torch's fused attention, whose repeated keys and values are kept too.
 */
export function predictFullMemory(settings: FullSettings, batches: readonly MicroBatch[]): PeakMemory {
  const { shape, processes } = settings;
  const weightsBytes = baseParameters(shape) * FLOAT;
  const optimizerBytes = 2 * weightsBytes;
  // The gradients as one tensor, beside those of the last pass while they are copied there.
  const exchange = processes > 1 ? weightsBytes : 0;
  const standing = weightsBytes + optimizerBytes + exchange;
  const update: Moment = { gradients: weightsBytes, saved: 0, temporary: 0 };
  const moments = batches.flatMap((batch) => passMoments(settings, batch));
  const peak = moments.reduce((most, moment) => (total(moment) > total(most) ? moment : most), update);
  // Where not all gradients are there yet at that moment, activations stand in the room that they will take.
  const beyond = total(peak) - weightsBytes;
  const activationBytes = Math.round(Math.min(peak.saved, beyond));
  return {
    weightsBytes,
    adapterBytes: 0,
    gradientBytes: weightsBytes,
    optimizerBytes,
    activationBytes,
    temporaryBytes: Math.round(beyond + exchange) - activationBytes,
    peakBytes: Math.round(standing + total(peak)),
  };
}

type Moment = Readonly<{ gradients: number; saved: number; temporary: number }>;

const total = ({ gradients, saved, temporary }: Moment): number => gradients + saved + temporary;

/** The moments of one pass that can be its largest: the loss, the head, and the backward pass of every layer. */
function passMoments(settings: FullSettings, { lengths, answerTokens }: MicroBatch): readonly Moment[] {
  const { shape, width, recomputesAll, accumulates } = settings;
  const { hiddenSize: hidden, intermediateSize: inner, vocabSize: vocabulary, layers } = shape;
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const rows = Math.min(tokens, answerTokens);
  const all = baseParameters(shape) * FLOAT;
  const head = vocabulary * hidden;
  const copies = width === FLOAT ? 0 : width;
  const layer = tokens * layerBytesPerToken(shape, width);
  const layerWeights = layerParameters(shape);
  const kept = recomputesAll ? tokens * hidden * FLOAT : layer + layerWeights.products * copies;
  const positions = tokens * (2 * shape.headDim * FLOAT + 2 * INDEX);
  // The answers' rows and their gradient, which the loss makes in the forward pass (compat/head_loss.py).
  const finalNorm = tokens * (2 * hidden + 1) * FLOAT + 2 * rows * hidden * FLOAT;
  const chunk = Math.min(rows, logitRows(vocabulary, settings.device)) * vocabulary * FLOAT;
  const before = layers * kept + positions;
  const held = (done: number): number => (accumulates ? all : done);
  // Of one weight its gradient is new before it is added; in bf16 it is there in both types for a moment.
  const newGradient = (elements: number): number => elements * ((accumulates ? FLOAT : 0) + copies);
  const headGradient = accumulates ? 0 : head * FLOAT;
  const inLayer = layerTemporary(shape, tokens, width) + newGradient(inner * hidden);
  const recomputed = recomputesAll ? layer - kept + layerWeights.products * copies : 0;
  return [
    // The logits of a chunk and their logarithmic softmax.
    { gradients: held(0), saved: before + finalNorm, temporary: 2 * chunk + head * copies },
    {
      gradients: held(headGradient),
      saved: before + finalNorm,
      temporary: 3 * chunk + (accumulates ? head * FLOAT : 0),
    },
    ...Array.from({ length: layers }, (_, fromLast): Moment => ({
      gradients: held(headGradient + (fromLast + 1) * layerWeights.all * FLOAT),
      saved: positions + (layers - fromLast) * kept + recomputed,
      temporary: inLayer,
    })),
  ];
}

/**
 * What autograd keeps of a layer for each token: input, normed input and its product with the norm's weight, twice;
 * q, repeated k and v, the attention's output before and after its transposition, and its statistic; gate, SiLU of
 * it, up and their product. In bf16 norms stay in fp32 and every product keeps a rounded copy of its own input.
 */
function layerBytesPerToken(shape: DecoderShape, width: number): number {
  const { hiddenSize: hidden, intermediateSize: inner, heads } = shape;
  const attention = 5 * queryWidth(shape) * width + heads * FLOAT;
  const headNorms = shape.qkNorm ? (2 * qkWidth(shape) + heads + shape.kvHeads) * FLOAT : 0;
  const mlp = 4 * inner * width;
  const norms = width === FLOAT ? (6 * hidden + 2) * FLOAT : (4 * hidden + 2) * FLOAT + 5 * hidden * width;
  return norms + attention + headNorms + mlp;
}

/** Gradients on their way through a layer: of the residual stream twice, and of gate, up and their product. */
function layerTemporary(shape: DecoderShape, tokens: number, width: number): number {
  return tokens * (2 * shape.hiddenSize * FLOAT + 2 * shape.intermediateSize * width);
}

/** Elements of one layer: of its linear products, and of everything. */
function layerParameters(shape: DecoderShape): Readonly<{ products: number; all: number }> {
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const products = hidden * (qkvWidth(shape) + queryWidth(shape) + 3 * inner);
  return { products, all: products + 2 * hidden };
}
