/** A cut costs the file that is on the line: some minutes of this uplink, never more than the hubs' usual 2 GB. */
const SHARD_SECONDS = 450;
const LARGEST_BYTES = 2_000_000_000;
/** Below this a model comes in hundreds of files. A tensor that is larger still gets a shard of its own. */
const SMALLEST_BYTES = 100_000_000;

/** Bytes of one shard that goes up in about seven and a half minutes. */
export const shardBytesFor = (bytesPerSecond: number): number =>
  Math.round(Math.min(LARGEST_BYTES, Math.max(SMALLEST_BYTES, SHARD_SECONDS * bytesPerSecond)));
