import { setImmediate as yieldToLoop } from 'node:timers/promises';

import type { MetricRepository } from '../db/repositories/metric-repository.ts';
import { RawCurve } from './raw-curve.ts';

export type CurveMemory = MetricRepository & {
  /**
   * Every value of a curve as it is stored now; undefined where there is none. What was asked for before is kept,
   * and only what came since is read.
   */
  curve(runId: string, key: string): Promise<RawCurve | undefined>;
};

type Kept = { readonly seriesId: number; readonly raw: RawCurve; reading: Promise<unknown> };

/** Curves of 100,000 steps: those of six runs and more. */
const MOST_BYTES = 96 * 1024 * 1024;
/** Rows read before the core answers others. */
const ROWS_A_READ = 20_000;

/**
 * The metrics with the curves that were looked at last in memory: a chart that is zoomed or smoothed asks for the
 * same hundred thousand values again and again.
 */
export function createCurveMemory(metrics: MetricRepository, mostBytes = MOST_BYTES): CurveMemory {
  /** By run and key; the one used last is the last. */
  const kept = new Map<string, Kept>();
  let foreignVersion = metrics.foreignVersion();
  const nameOf = (runId: string, key: string): string => `${runId} ${key}`;

  const keptOf = (name: string, seriesId: number): Kept => {
    const known = kept.get(name);
    const fresh =
      known?.seriesId === seriesId ? known : { seriesId, raw: new RawCurve(), reading: Promise.resolve() };
    kept.delete(name);
    kept.set(name, fresh);
    return fresh;
  };

  const readOn = async ({ raw, seriesId }: Kept): Promise<void> => {
    for (;;) {
      const rows = metrics.rowsAfter(seriesId, raw.lastStep, ROWS_A_READ);
      for (const [step, value] of rows) raw.append(step, value);
      if (rows.length < ROWS_A_READ) return;
      // What is written meanwhile cuts the curve, and the next read goes on from there.
      await yieldToLoop();
    }
  };

  const forgetOldest = (except: Kept): void => {
    let bytes = 0;
    for (const { raw } of kept.values()) bytes += raw.bytes;
    for (const [name, one] of kept) {
      if (bytes <= mostBytes) return;
      if (one === except) continue;
      bytes -= one.raw.bytes;
      kept.delete(name);
    }
  };

  const cut = (runId: string, key: string, step: number): void =>
    kept.get(nameOf(runId, key))?.raw.cutFrom(step);

  return {
    ...metrics,
    put: (runId, key, step, value) => {
      cut(runId, key, step);
      metrics.put(runId, key, step, value);
    },
    putAll: (runId, points) => {
      const firstSteps = new Map<string, number>();
      for (const { key, step } of points) {
        if (step < (firstSteps.get(key) ?? Infinity)) firstSteps.set(key, step);
      }
      for (const [key, step] of firstSteps) cut(runId, key, step);
      metrics.putAll(runId, points);
    },
    removeAfter: (runId, step) => {
      for (const [name, { raw }] of kept) if (name.startsWith(`${runId} `)) raw.cutFrom(step + 1);
      metrics.removeAfter(runId, step);
    },
    curve: async (runId, key) => {
      // Another process may have replaced values that are kept here.
      const version = metrics.foreignVersion();
      if (version !== foreignVersion) kept.clear();
      foreignVersion = version;
      const seriesId = metrics.seriesId(runId, key);
      if (seriesId === undefined) return undefined;
      const one = keptOf(nameOf(runId, key), seriesId);
      // One reader at a time: two would append the same values.
      one.reading = one.reading.catch(() => undefined).then(() => readOn(one));
      await one.reading;
      forgetOldest(one);
      return one.raw;
    },
  };
}
