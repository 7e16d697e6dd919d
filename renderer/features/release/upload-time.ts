import { useViewMemory } from '../../state/view-memory.ts';

/** A common uplink of homes and offices, 20 Mbit/s, until an upload has shown this one's. */
const USUAL_BYTES_PER_SECOND = 2_500_000;
const SECOND_MS = 1000;

/** Speed that estimates go by, and how to tell it what was measured. */
export const useUplink = (): readonly [number, (bytesPerSecond: number) => void] =>
  useViewMemory('release.uplink', USUAL_BYTES_PER_SECOND);

/** Never less than a second: nothing is sent in no time. */
export const uploadMs = (bytes: number, bytesPerSecond: number): number =>
  Math.max(SECOND_MS, (bytes / bytesPerSecond) * SECOND_MS);
