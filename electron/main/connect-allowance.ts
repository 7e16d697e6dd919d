/** More than a page and the tests that ask for a port a call ever need at once. */
const BURST = 200;
const PER_SECOND = 100;

/** Says whether one more port may be made: a page that asks without end keeps this process and its core busy. */
export function createConnectAllowance(nowMs: () => number): () => boolean {
  let left = BURST;
  let atMs = nowMs();
  return () => {
    const passedMs = Math.max(0, nowMs() - atMs);
    atMs += passedMs;
    left = Math.min(BURST, left + (passedMs / 1000) * PER_SECOND);
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
