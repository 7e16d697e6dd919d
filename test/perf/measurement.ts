import type { Page } from 'playwright-core';

/** How much is put into the data folder before anything is timed. */
export type Scale = Readonly<{ runs: number; rows: number; rounds: number }>;

/** Something that was counted and must be exact. */
export type CheckedCount = Readonly<{ what: string; expected: number; found: number }>;

export type Measured = Readonly<{
  /** Milliseconds from the person's input to the frame with the right content, one a round. */
  timesMs: Readonly<Record<string, readonly number[]>>;
  counts: readonly CheckedCount[];
}>;

export type Studio = Readonly<{ page: Page; home: string; scale: Scale }>;

/** One subject of `npm run bench:studio`. */
export type Measurement = Readonly<{
  name: string;
  /** Puts what is measured into a data folder that no core holds; a folder that has it already stays as it is. */
  fill: (home: string, scale: Scale) => Promise<void>;
  measure: (studio: Studio) => Promise<Measured>;
}>;

export type Figures = Readonly<{ medianMs: number; p95Ms: number; rounds: number }>;

/** Median and 95th percentile by nearest rank, to a tenth of a millisecond. */
export function figuresOf(timesMs: readonly number[]): Figures {
  const sorted = timesMs.toSorted((left, right) => left - right);
  const rank = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
    return Math.round(value * 10) / 10;
  };
  return { medianMs: rank(0.5), p95Ms: rank(0.95), rounds: sorted.length };
}
