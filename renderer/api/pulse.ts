/** Often enough that a laptop which has slept shows the truth soon after it wakes. */
const EVERY_MS = 15_000;
/** A rig that is busy training answers later than an idle one, but not this late. */
const WITHIN_MS = 10_000;

export type Pulse = Readonly<{
  /** Asks now, in place of waiting for the next beat. */
  beat(): void;
  stop(): void;
}>;

/**
 * Asks the other end for a sign of life again and again. A socket whose machine slept, or whose network is gone,
 * looks open to a browser for many minutes: `onSilence` is called once where an answer does not come in time.
 */
export function startPulse(ask: () => Promise<unknown>, onSilence: () => void): Pulse {
  let limit: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    clearInterval(beating);
    clearTimeout(limit);
  };
  const beat = (): void => {
    if (limit !== undefined) return;
    limit = setTimeout(() => {
      stop();
      onSilence();
    }, WITHIN_MS);
    const answered = (): void => {
      clearTimeout(limit);
      limit = undefined;
    };
    // A refusal is a sign of life too; a lost connection is told by the socket itself.
    ask().then(answered, answered);
  };
  const beating = setInterval(beat, EVERY_MS);
  return { beat, stop };
}
