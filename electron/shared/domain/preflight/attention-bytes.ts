import { qkvWidth, queryWidth, type DecoderShape } from './decoder-shape.ts';

export type ComputeDevice = 'cpu' | 'cuda';

/** What one attention of a pack keeps for its backward pass, and what it needs besides; bytes. */
export type AttentionBytes = Readonly<{
  /** Kept beside the output rows. */
  saved: number;
  /** Whether the fused product of q, k and v stays, because something kept is a view of it. */
  keepsQkv: boolean;
  /** Whether the output of all rows stays, even where the layer goes on with some of them. */
  keepsOutput: boolean;
  backwardTemporary: number;
}>;

const FLOAT = 4;
/** `_BLOCK_QUERIES` of engine/blocked_attention.py. */
const BLOCK_QUERIES = 48;
/** `_MAX_BLOCKED_SCORES` of engine/attention.py. */
const MAX_BLOCKED_SCORES = 2 ** 22;
/** `_MAX_PADDED_SHARE` of engine/attention.py. */
const MAX_PADDED_SHARE = 0.25;
/** What padding adds in the worst bucket. Random lengths fill most of it. */
const PADDED_SHARE = 1.12;

/** `lengths`: tokens of each document; `width`: bytes of one element of the base. */
export function attentionBytes(
  shape: DecoderShape,
  lengths: readonly number[],
  width: number,
  device: ComputeDevice,
  window: number | null = null,
): AttentionBytes {
  if (window !== null && lengths.some((length) => length > window)) {
    return beyondWindow(shape, lengths, width, window);
  }
  return device === 'cpu' ? perDocument(shape, lengths, width) : padded(shape, lengths, width);
}

/** engine/attention.py `PerDocumentAttention`: short fp32 documents by blocks, others by the fused kernel. */
function perDocument(shape: DecoderShape, lengths: readonly number[], width: number): AttentionBytes {
  const query = queryWidth(shape);
  const key = shape.kvHeads * shape.headDim;
  let saved = 0;
  let hasBlocks = false;
  let hasFused = false;
  let backwardTemporary = 0;
  // Without groups a block's queries are views of the fused product, else copies.
  const copied = shape.heads === shape.kvHeads ? 2 * key : query + 2 * key;
  for (const length of lengths) {
    if (width === FLOAT && shape.heads * length ** 2 <= MAX_BLOCKED_SCORES) {
      hasBlocks = true;
      saved += (length * copied + shape.heads * blockedScores(length)) * FLOAT;
      const block = Math.min(BLOCK_QUERIES, length);
      const temporary = 2 * length * key + block * (query + 2 * shape.heads * length);
      backwardTemporary = Math.max(backwardTemporary, temporary * FLOAT);
    } else {
      hasFused = true;
      saved += shape.heads * length * FLOAT;
      // Keys and values repeated for each query head, and the gradients of all three at that width.
      const repeated = shape.heads === shape.kvHeads ? 0 : 2 * query;
      backwardTemporary = Math.max(backwardTemporary, length * (repeated + 3 * query) * width);
    }
  }
  const keepsQkv = hasFused || (hasBlocks && shape.heads === shape.kvHeads);
  return { saved, keepsQkv, keepsOutput: hasFused, backwardTemporary };
}

/** Query–key pairs of a head that blocks of queries visit, each meeting the keys up to its own end. */
function blockedScores(length: number): number {
  let pairs = 0;
  for (let begin = 0; begin < length; begin += BLOCK_QUERIES) {
    const end = Math.min(begin + BLOCK_QUERIES, length);
    pairs += (end - begin) * end;
  }
  return pairs;
}

/** engine/attention.py `PaddedAttention`: padded copies of q, k, v and the output of every bucket are kept. */
function padded(shape: DecoderShape, lengths: readonly number[], width: number): AttentionBytes {
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const rows = tokens * PADDED_SHARE;
  const query = queryWidth(shape);
  return {
    saved: rows * ((qkvWidth(shape) + query) * width + shape.heads * FLOAT) + 2 * 8 * tokens,
    keepsQkv: false,
    keepsOutput: false,
    // The padded gradient of the output and, at the query heads' width, those of q, k and v.
    backwardTemporary: rows * 4 * query * width,
  };
}

/** `PaddedAttention` under a mask, which is kept as numbers for each bucket that reaches beyond the window. */
function beyondWindow(
  shape: DecoderShape,
  lengths: readonly number[],
  width: number,
  window: number,
): AttentionBytes {
  const query = queryWidth(shape);
  const key = shape.kvHeads * shape.headDim;
  let saved = 0;
  let backwardTemporary = 0;
  for (const { longest, documents } of lengthBuckets(lengths)) {
    const rows = longest * documents;
    const isMasked = longest > window;
    saved += rows * ((qkvWidth(shape) + query) * width + shape.heads * FLOAT);
    if (isMasked) saved += longest ** 2 * width;
    // The padded gradient of the output, those of q, k and v, and a copy that only the causal kernel makes.
    const gradients = 2 * query + 2 * key + (isMasked ? 0 : query);
    backwardTemporary = Math.max(backwardTemporary, rows * gradients * width);
  }
  return { saved, keepsQkv: false, keepsOutput: false, backwardTemporary };
}

/** engine/attention.py: documents by falling length, cut where a shorter one would be padded by over a quarter. */
function lengthBuckets(
  lengths: readonly number[],
): readonly Readonly<{ longest: number; documents: number }>[] {
  const buckets: { longest: number; documents: number }[] = [];
  for (const length of [...lengths].sort((left, right) => right - left)) {
    const open = buckets.at(-1);
    if (open !== undefined && length >= open.longest * (1 - MAX_PADDED_SHARE)) open.documents += 1;
    else if (length > 0) buckets.push({ longest: length, documents: 1 });
  }
  return buckets;
}
