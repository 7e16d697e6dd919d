import type { Recipe } from '../../protocol/recipe.ts';

/** Bytes a run writes, at the moment it holds most. */
export type DiskBytes = Readonly<{
  checkpointBytes: number;
  adapterBytes: number;
  tokenStoreBytes: number;
  eventBytes: number;
  totalBytes: number;
}>;

export type DiskQuestion = Readonly<{
  /** Masters of what is trained, fp32. */
  trainedBytes: number;
  /** Further files of every checkpoint and of the result. */
  filesBytes: number;
  optimizerBytes: number;
  steps: number;
  /** Of all token stores that the run builds: training rows and evaluation rows. */
  storedTokens: number;
  storedRows: number;
}>;

/** Configuration, state and manifest of a checkpoint, and its headers. */
const CHECKPOINT_EXTRA = 256 * 1024;
/** ids.u32 and mask.bits of a token; offsets.u64, answers.u32 and rows.i64 of a row. */
const STORE_BYTES_PER_TOKEN = 4 + 1 / 8;
const STORE_BYTES_PER_ROW = 8 + 4 + 8;
/** A step's line in events.ndjson with its copies in the history and TensorBoard's file. */
const EVENT_BYTES_PER_STEP = 2048;

/** Checkpoints are written before the surplus is removed, so one more than are kept stands for a moment. */
export function diskBytes(recipe: Recipe, question: DiskQuestion): DiskBytes {
  const { everySteps, keepLast, keepBest } = recipe.checkpoints;
  const written = (everySteps === 0 ? 0 : Math.floor(question.steps / everySteps)) + 1;
  const standing = Math.min(written, keepLast + (keepBest ? 1 : 0) + 1);
  const checkpoint = question.trainedBytes + question.optimizerBytes + question.filesBytes + CHECKPOINT_EXTRA;
  const parts = {
    checkpointBytes: standing * checkpoint,
    // A whole model is written in its base's types, so it takes this at most.
    adapterBytes: question.trainedBytes + question.filesBytes + CHECKPOINT_EXTRA,
    tokenStoreBytes: Math.ceil(
      question.storedTokens * STORE_BYTES_PER_TOKEN + question.storedRows * STORE_BYTES_PER_ROW,
    ),
    eventBytes: question.steps * EVENT_BYTES_PER_STEP,
  };
  const totalBytes = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return { ...parts, totalBytes };
}
