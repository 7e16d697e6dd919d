import { describe, expect, it } from 'vitest';

import { createGpuSampler, type GpuSampler } from '../../../electron/core/gpu/gpu-sampler.ts';
import type { GpuReport } from '../../../electron/shared/contract/methods/gpu.ts';

const card = { index: 0, uuid: 'GPU-a', name: 'card' };

type World = Readonly<{
  sampler: GpuSampler;
  live: string[];
  stored: string[];
  asked: () => number;
  /** Runs the waiting timer, if one waits. */
  tick: () => Promise<void>;
}>;

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const world = (report: () => GpuReport): World => {
  const live: string[] = [];
  const stored: string[] = [];
  let waiting: (() => void) | undefined;
  let asked = 0;
  const sampler = createGpuSampler({
    probe: {
      processes: () => Promise.resolve(undefined),
      list: () => {
        asked += 1;
        return Promise.resolve(report());
      },
    },
    clock: {
      nowMs: () => 0,
      after: (_delayMs, work) => {
        waiting = work;
        return {
          dispose: () => {
            waiting = undefined;
          },
        };
      },
    },
    live: () => live,
    store: (id) => void stored.push(id),
    onFailure: (error) => {
      throw error;
    },
  });
  const tick = async (): Promise<void> => {
    const work = waiting;
    waiting = undefined;
    work?.();
    await settle();
  };
  return { sampler, live, stored, asked: () => asked, tick };
};

describe('the sampler of the cards', () => {
  it('samples each live run, and sleeps when the last one has ended', async () => {
    const { sampler, live, stored, asked, tick } = world(() => ({ state: 'ok', cards: [card] }));
    sampler.wake();
    await settle();
    expect(asked()).toBe(0);
    live.push('one', 'two');
    sampler.wake();
    await settle();
    await tick();
    expect(stored).toEqual(['one', 'two', 'one', 'two']);
    live.length = 0;
    await tick();
    await tick();
    expect(asked()).toBe(2);
    live.push('three');
    sampler.wake();
    await settle();
    expect(stored.at(-1)).toBe('three');
  });

  it('does not start a second turn when it is woken within one (calls would pile up on a slow driver)', async () => {
    const { sampler, live, asked } = world(() => ({ state: 'ok', cards: [card] }));
    live.push('one');
    for (let count = 0; count < 10; count += 1) sampler.wake();
    await settle();
    sampler.wake();
    await settle();
    expect(asked()).toBe(1);
  });

  it('asks a machine without cards once for each run', async () => {
    const { sampler, live, asked, tick } = world(() => ({ state: 'none', cards: [] }));
    live.push('one');
    sampler.wake();
    await settle();
    for (let count = 0; count < 5; count += 1) await tick();
    sampler.wake();
    await settle();
    expect(asked()).toBe(1);
  });

  it('goes on after a driver that failed for a while', async () => {
    let report: GpuReport = { state: 'failed', cards: [] };
    const { sampler, live, stored, tick } = world(() => report);
    live.push('one');
    sampler.wake();
    await settle();
    report = { state: 'ok', cards: [card] };
    await tick();
    expect(stored).toEqual(['one']);
  });

  it('stores nothing after its end (the database is closed by then)', async () => {
    const { sampler, live, stored } = world(() => ({ state: 'ok', cards: [card] }));
    live.push('one');
    sampler.wake();
    sampler.dispose();
    await settle();
    expect(stored).toEqual([]);
  });
});
