/** When the rungs of the stop ladder are taken, counted from the request. */
export type StopPlan = Readonly<{ terminateAfterMs: number; killAfterMs: number }>;

/** Share of the deadline in which the job may answer the control file by itself. */
const ASK_SHARE = 0.5;
/** Time at the end for the system to take a process tree down. */
const KILL_RESERVE_MS = 2000;
const KILL_RESERVE_SHARE = 0.1;

/**
 * Ask by control file at once; signal the group after half of the deadline; end the tree so early that it
 * is gone by the deadline. A deadline of 0 ends it now.
 */
export function planStop(deadlineMs: number): StopPlan {
  const reserveMs = Math.min(KILL_RESERVE_MS, deadlineMs * KILL_RESERVE_SHARE);
  return {
    terminateAfterMs: Math.floor(deadlineMs * ASK_SHARE),
    killAfterMs: Math.max(0, Math.floor(deadlineMs - reserveMs)),
  };
}

/** What each rung does; none of them may reject. */
export type StopRungs = Readonly<{
  /** Writes the control file. */
  ask: () => Promise<void>;
  terminate: () => Promise<void>;
  kill: () => Promise<void>;
}>;

/**
 * Climbs the ladder until `finished` is called. A second request with an earlier deadline brings the next
 * rungs forward; a later one changes nothing.
 */
export class StopLadder {
  readonly #rungs: StopRungs;
  readonly #nowMs: () => number;
  #timers: NodeJS.Timeout[] = [];
  #deadlineAtMs = Number.POSITIVE_INFINITY;
  #terminated = false;
  #isFinished = false;

  constructor(rungs: StopRungs, nowMs: () => number) {
    this.#rungs = rungs;
    this.#nowMs = nowMs;
    void rungs.ask();
  }

  /** Takes the rungs so that the job has ended `deadlineMs` from now. */
  climb(deadlineMs: number): void {
    const deadlineAtMs = this.#nowMs() + deadlineMs;
    if (this.#isFinished || deadlineAtMs >= this.#deadlineAtMs) return;
    this.#deadlineAtMs = deadlineAtMs;
    this.#clear();
    const plan = planStop(deadlineMs);
    this.#timers = [
      setTimeout(() => void this.#terminate(), plan.terminateAfterMs),
      setTimeout(() => void this.#rungs.kill(), plan.killAfterMs),
    ];
  }

  /** The job has ended, or the core leaves it alone. */
  finished(): void {
    this.#isFinished = true;
    this.#clear();
  }

  async #terminate(): Promise<void> {
    if (this.#terminated) return;
    this.#terminated = true;
    await this.#rungs.terminate();
  }

  #clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}
