import { attentionBytes } from './attention-bytes.ts';
import { qkvWidth, qkWidth, queryWidth, type LinearModule } from './decoder-shape.ts';
import { backwardTemporary } from './layer-backward.ts';
import type { PassSettings } from './pass-settings.ts';
import { productBytes } from './quantised-bytes.ts';

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
 * of them, but in the last layer only those whose next token is an answer's). The first layer's input needs no
 * gradient. `adapted`: the modules that have an adapter; `window`: tokens that it attends to.
 */
export function layerBytes(
  settings: PassSettings,
  adapted: readonly LinearModule[],
  lengths: readonly number[],
  rows: number,
  isFirst: boolean,
  window: number | null,
): LayerBytes {
  const { shape, width, device } = settings;
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const query = queryWidth(shape);
  const qkv = qkvWidth(shape);
  const attention = attentionBytes(shape, lengths, width, device, window);
  const adapters = adapterBytes(settings, adapted, tokens, rows);
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
    productBytes(settings, 'down', rows) +
    adapters.forwardTemporary;

  const place = { adapted, tokens, rows, isFirst, attentionTemporary: attention.backwardTemporary };
  return { saved, forwardTemporary, backwardTemporary: backwardTemporary(settings, place) };
}

/** What engine/linear.py keeps and needs for the adapters: drop(x) Aᵀ of each module, and the masks on a CPU. */
function adapterBytes(
  { lora, width, device }: PassSettings,
  adapted: readonly LinearModule[],
  tokens: number,
  rows: number,
): Readonly<{ saved: number; forwardTemporary: number }> {
  let saved = 0;
  let forwardTemporary = 0;
  for (const module of adapted) {
    const count = module.group === 'qkv' ? tokens : rows;
    saved += count * lora.rank * width + (lora.dora ? module.rows * FLOAT : 0);
    if (lora.dropout === 0) continue;
    const mask = count * module.columns * width;
    if (device === 'cpu') saved += mask;
    forwardTemporary = Math.max(forwardTemporary, device === 'cpu' ? mask : 2 * mask);
  }
  return { saved, forwardTemporary };
}
