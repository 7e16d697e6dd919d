import { attentionBytes, type ComputeDevice } from './attention-bytes.ts';
import {
  loraModules,
  qkvWidth,
  qkWidth,
  queryWidth,
  type DecoderShape,
  type LinearGroup,
  type LoraTargets,
} from './decoder-shape.ts';

/** How a run computes: what decides the size of every tensor of a pass. */
export type PassSettings = Readonly<{
  shape: DecoderShape;
  lora: Readonly<{ rank: number; dropout: number; targets: LoraTargets }>;
  /** Bytes of one element of the base and its activations: 4 (fp32) or 2 (bf16). */
  width: number;
  device: ComputeDevice;
}>;

/** Bytes of one layer in a training pass. */
export type LayerBytes = Readonly<{
  /** Kept from the forward to the backward pass. */
  saved: number;
  /** The most that its forward pass holds besides, at its end. */
  forwardTemporary: number;
  /** The most that its backward pass holds besides, the incoming gradient included. */
  backwardTemporary: number;
}>;

const FLOAT = 4;

/**
 * One layer of engine/block.py over documents of `lengths`, going on with `rows` rows after its attention (all
 * of them, but in the last layer only those whose next token is an answer's).
 */
export function layerBytes(settings: PassSettings, lengths: readonly number[], rows: number): LayerBytes {
  const { shape, width, device } = settings;
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const query = queryWidth(shape);
  const qkv = qkvWidth(shape);
  const attention = attentionBytes(shape, lengths, width, device);
  const adapters = adapterBytes(settings, tokens, rows);
  const isCut = rows < tokens;
  const output = tokens * query * width;

  const saved =
    // x and the normed input with its statistic
    tokens * (2 * hidden * width + FLOAT) +
    (shape.qkNorm ? tokens * (qkWidth(shape) * width + (shape.heads + shape.kvHeads) * FLOAT) : 0) +
    attention.saved +
    (attention.keepsQkv ? tokens * qkv * width : 0) +
    (attention.keepsOutput && isCut ? output : 0) +
    // the attention's rows that go on, the middle, its normed form, gate and up, and their product
    rows * ((query + 2 * hidden + 3 * inner) * width + FLOAT) +
    adapters.saved;

  const forwardTemporary =
    (attention.keepsQkv ? 0 : tokens * qkv * width) +
    (attention.keepsOutput || !isCut ? 0 : output) +
    rows * hidden * width +
    adapters.forwardTemporary;

  return {
    saved,
    forwardTemporary,
    backwardTemporary: backwardTemporary(settings, tokens, rows, attention.backwardTemporary),
  };
}

/** The largest of the moments of `Block.backward`; its locals live until it returns. */
function backwardTemporary(
  settings: PassSettings,
  tokens: number,
  rows: number,
  attentionTemporary: number,
): number {
  const { shape, width, device } = settings;
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const query = queryWidth(shape);
  const masked = (group: LinearGroup): boolean => dropsInput(settings, group);
  const incoming = rows * hidden * width;
  // The gradient of the MLP's product, then of gate and up, with three more while SwiGLU is undone.
  const inSwiglu = incoming + rows * 5 * inner * width;
  const inDown = incoming + rows * inner * width * (masked('down') ? 3 : 1);
  const afterMlp = incoming + rows * (3 * inner + hidden) * width;
  const inGateUp = afterMlp + (masked('gateUp') ? 2 * rows * hidden * width : 0);
  // RMSNorm's backward pass computes in fp32, whatever the base is.
  const normTemporary = hidden * (2 * FLOAT + (width === FLOAT ? 0 : FLOAT));
  const inMlpNorm = afterMlp + rows * normTemporary;
  const afterO = afterMlp + rows * hidden * width;
  const heads = tokens * query * width;
  const inO = afterO + rows * query * width * (masked('o') ? 3 : 1) + (rows < tokens ? heads : 0);
  const afterAttention = afterO + heads + tokens * qkvWidth(shape) * width;
  const inAttention = afterAttention + attentionTemporary;
  // fp32 rotates in place against a conjugated copy of the rotations; bf16 through two fp32 copies more.
  const rotated = tokens * qkWidth(shape) * FLOAT;
  const conjugated = device === 'cpu' ? rotated : tokens * shape.headDim * FLOAT;
  const inRotation =
    afterAttention + conjugated + (width === FLOAT ? 0 : 2 * rotated) + (shape.qkNorm ? rotated : 0);
  const afterQkv = afterAttention + tokens * hidden * width;
  const inQkv = afterQkv + (masked('qkv') ? 2 * tokens * hidden * width : 0);
  const inAttentionNorm = afterQkv + tokens * normTemporary;
  return Math.max(
    inSwiglu,
    inDown,
    inGateUp,
    inMlpNorm,
    inO,
    inAttention,
    inRotation,
    inQkv,
    inAttentionNorm,
  );
}

function dropsInput({ shape, lora }: PassSettings, group: LinearGroup): boolean {
  return lora.dropout > 0 && loraModules(shape, lora.targets).some((module) => module.group === group);
}

/** What engine/linear.py keeps and needs for the adapters: drop(x) Aᵀ of each module, and the masks on a CPU. */
function adapterBytes(
  { shape, lora, width, device }: PassSettings,
  tokens: number,
  rows: number,
): Readonly<{ saved: number; forwardTemporary: number }> {
  let saved = 0;
  let forwardTemporary = 0;
  for (const module of loraModules(shape, lora.targets)) {
    const count = module.group === 'qkv' ? tokens : rows;
    saved += count * lora.rank * width;
    if (lora.dropout === 0) continue;
    const mask = count * module.columns * width;
    if (device === 'cpu') saved += mask;
    forwardTemporary = Math.max(forwardTemporary, device === 'cpu' ? mask : 2 * mask);
  }
  return { saved, forwardTemporary };
}
