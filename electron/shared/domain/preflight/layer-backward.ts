import { qkvWidth, qkWidth, queryWidth, type LinearGroup, type LinearModule } from './decoder-shape.ts';
import type { PassSettings } from './pass-settings.ts';
import { productBytes } from './quantised-bytes.ts';

const FLOAT = 4;

/** Where a layer stands in a pass. */
export type LayerPlace = Readonly<{
  /** The modules that have an adapter. */
  adapted: readonly LinearModule[];
  tokens: number;
  /** Rows that go on after the attention. */
  rows: number;
  /** The first layer's input needs no gradient. */
  isFirst: boolean;
  attentionTemporary: number;
}>;

/**
 * The most that `Block.backward` of engine/block.py holds beside what was kept, the incoming gradient included: the
 * largest of its moments. Its locals live until it returns.
 */
export function backwardTemporary(settings: PassSettings, place: LayerPlace): number {
  const { shape, width, device } = settings;
  const { tokens, rows } = place;
  const { hiddenSize: hidden, intermediateSize: inner } = shape;
  const masks = maskBytes(settings, place);
  // A quantised product needs room of its own. DoRA computes one again, and turns it into the gradient of what its lengths scale.
  const again = (group: LinearGroup, bytes: number): number =>
    productBytes(settings, group, group === 'qkv' ? tokens : rows) +
    (settings.lora.dora && place.adapted.some((module) => module.group === group) ? bytes : 0);
  // Copies of an input under its mask; a CPU has the mask itself already, among what was kept.
  const copies = device === 'cpu' ? 1 : 2;
  const isMasked = (group: LinearGroup): number => (masks[group] > 0 ? copies : 0);
  // A CPU's masks go as their layer is done with.
  const gone = (...groups: readonly LinearGroup[]): number =>
    device === 'cpu' ? groups.reduce((sum, group) => sum + masks[group], 0) : 0;
  // RMSNorm's backward pass computes in fp32, whatever the base is.
  const normTemporary = hidden * (2 * FLOAT + (width === FLOAT ? 0 : FLOAT));

  const incoming = rows * hidden * width;
  const inDown =
    incoming + rows * inner * width * (1 + isMasked('down')) + again('down', rows * hidden * width);
  // The gradient of the MLP's product, then of gate and up, with two more while SwiGLU is undone.
  const inSwiglu = incoming + rows * 5 * inner * width - gone('down');
  const afterMlp = incoming + rows * (3 * inner + hidden) * width - gone('down');
  const inGateUp =
    afterMlp + isMasked('gateUp') * rows * hidden * width + again('gateUp', rows * 2 * inner * width);
  const inMlpNorm = afterMlp + rows * normTemporary - gone('gateUp');

  const heads = tokens * shape.heads * shape.headDim * width;
  const afterNorm = afterMlp + rows * hidden * width - gone('gateUp');
  const inO =
    afterNorm + rows * queryWidth(shape) * width * (1 + isMasked('o')) + again('o', rows * hidden * width);
  const spread = afterNorm + heads + (rows < tokens ? rows * queryWidth(shape) * width : 0) - gone('o');
  const afterAttention = afterNorm + heads + tokens * qkvWidth(shape) * width - gone('o');
  const inAttention = afterAttention + place.attentionTemporary;
  // fp32 rotates in place against a conjugated copy of the rotations; bf16 through two fp32 copies more.
  const rotated = tokens * qkWidth(shape) * FLOAT;
  const conjugated = device === 'cpu' ? rotated : tokens * shape.headDim * FLOAT;
  const inRotation =
    afterAttention + conjugated + (width === FLOAT ? 0 : 2 * rotated) + (shape.qkNorm ? rotated : 0);

  const afterQkv = afterAttention + (place.isFirst ? 0 : tokens * hidden * width);
  const inQkv =
    afterQkv + isMasked('qkv') * tokens * hidden * width + again('qkv', tokens * qkvWidth(shape) * width);
  const inInputNorm = place.isFirst ? 0 : afterQkv + tokens * normTemporary - gone('qkv');
  return Math.max(
    inDown,
    inSwiglu,
    inGateUp,
    inMlpNorm,
    inO,
    spread,
    inAttention,
    inRotation,
    inQkv,
    inInputNorm,
  );
}

/** Dropout masks of a layer by the product whose input they drop. */
function maskBytes(
  { lora, width }: PassSettings,
  { adapted, tokens, rows }: LayerPlace,
): Readonly<Record<LinearGroup, number>> {
  const bytes = { qkv: 0, o: 0, gateUp: 0, down: 0 };
  if (lora.dropout === 0) return bytes;
  for (const module of adapted) {
    bytes[module.group] += (module.group === 'qkv' ? tokens : rows) * module.columns * width;
  }
  return bytes;
}
