import { linearModules, type LinearGroup } from './decoder-shape.ts';
import type { PassSettings } from './pass-settings.ts';

/** What a quantised base changes in a prediction, in bytes. */
export type QuantisedBytes = Readonly<{
  /** The linear layers as held, less than they would be in the compute type. */
  saved: number;
  /** Buffers that all layers share (engine/scratch.py). */
  shared: number;
  /** The most that rounding a layer's weights needs, the dense layer included. */
  loading: number;
}>;

const NOTHING: QuantisedBytes = { saved: 0, shared: 0, loading: 0 };
const FLOAT = 4;
/** engine/nf4.py: weights of one magnitude, magnitudes of one step. */
const BLOCK = 64;
const SCALE_BLOCK = 256;
/** `_CPU_PIECE` and `_CUDA_PIECE` of engine/quantised_weight.py and engine/nf4.py. */
const PRODUCT_PIECE = { cpu: 2 ** 20, cuda: 2 ** 26 } as const;
const UNPACK_PIECE = { cpu: 2 ** 18, cuda: 2 ** 24 } as const;
const ROWS_MIN = 32;

type Matrix = Readonly<{ group: LinearGroup; rows: number; columns: number }>;

export function quantisedBytes(settings: PassSettings): QuantisedBytes {
  const { shape, width, device, quantization = 'none' } = settings;
  if (quantization === 'none') return NOTHING;
  const fused = fusedMatrices(settings);
  const elements = sum(fused, ({ rows, columns }) => rows * columns);
  const largest = Math.max(...fused.map(({ rows, columns }) => rows * columns));
  const dense = elements * width;
  if (quantization === 'nf4') {
    const held = sum(fused, ({ rows, columns }) => nf4Bytes(rows * columns));
    return {
      saved: shape.layers * (dense - held),
      shared: dense,
      loading: dense + largest * width,
    };
  }
  const held = sum(fused, ({ rows, columns }) => rows * columns + rows * FLOAT);
  const isWidened = quantization === 'fp8' && device === 'cpu';
  const isTransposed = device === 'cuda';
  return {
    saved: shape.layers * (dense - held),
    shared: elements * (isWidened ? FLOAT : isTransposed ? 1 : 0),
    loading: dense + largest * (2 * FLOAT + (width === FLOAT ? 0 : FLOAT)),
  };
}

/** The most that the product of `group` with `tokens` rows needs beside its factors and its result. */
export function productBytes(settings: PassSettings, group: LinearGroup, tokens: number): number {
  const { device, quantization = 'none' } = settings;
  const matrix = fusedMatrices(settings).find((one) => one.group === group);
  if (quantization === 'none' || matrix === undefined) return 0;
  const { rows, columns } = matrix;
  if (quantization === 'nf4') {
    const piece = Math.min(rows * columns, UNPACK_PIECE[device]);
    // A piece's codes as indices and its values in fp32, and every magnitude of the weight.
    return piece * (FLOAT + FLOAT / 2) + 2 * ((rows * columns) / BLOCK) * FLOAT;
  }
  const piece = Math.max(ROWS_MIN, Math.floor(PRODUCT_PIECE[device] / Math.max(rows, columns)));
  // The factor's quotient and 8-bit form; sums in 32 bits and their scaled form.
  const isWidened = quantization === 'fp8' && device === 'cpu';
  const sums = isWidened ? FLOAT : 2 * FLOAT;
  const factor = isWidened ? FLOAT + 1 : 1;
  const forward = Math.max(3 * FLOAT * columns, factor * columns + sums * rows);
  const backward = Math.max(3 * FLOAT * rows, factor * rows + sums * columns);
  return Math.min(piece, tokens) * Math.max(forward, backward);
}

const nf4Bytes = (elements: number): number => {
  const blocks = Math.ceil(elements / BLOCK);
  return Math.ceil(elements / 2) + blocks + Math.ceil(blocks / SCALE_BLOCK) * FLOAT + FLOAT;
};

/** The products of a layer: modules of one group lie below each other. */
function fusedMatrices({ shape }: PassSettings): readonly Matrix[] {
  const groups = new Map<LinearGroup, Matrix>();
  for (const { group, rows, columns } of linearModules(shape)) {
    groups.set(group, { group, rows: rows + (groups.get(group)?.rows ?? 0), columns });
  }
  return [...groups.values()];
}

const sum = <Item>(items: readonly Item[], size: (item: Item) => number): number =>
  items.reduce((total, item) => total + size(item), 0);
