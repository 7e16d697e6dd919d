import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { planStop, StopLadder } from '../../../electron/core/jobs/stop-ladder.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const recorded = (): { rungs: ConstructorParameters<typeof StopLadder>[0]; taken: [string, number][] } => {
  const startMs = Date.now();
  const taken: [string, number][] = [];
  const take = (name: string) => (): Promise<void> => {
    taken.push([name, Date.now() - startMs]);
    return Promise.resolve();
  };
  return { rungs: { ask: take('ask'), terminate: take('terminate'), kill: take('kill') }, taken };
};

test('every rung is inside the deadline, in order, whatever the deadline', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_600_000 }), (deadlineMs) => {
      const { terminateAfterMs, killAfterMs } = planStop(deadlineMs);
      expect(terminateAfterMs).toBeGreaterThanOrEqual(0);
      expect(killAfterMs).toBeGreaterThanOrEqual(terminateAfterMs);
      expect(killAfterMs).toBeLessThanOrEqual(deadlineMs);
    }),
  );
});

test('the rungs are taken once each, at their times', () => {
  const { rungs, taken } = recorded();
  new StopLadder(rungs, Date.now).climb(60_000);
  vi.advanceTimersByTime(120_000);
  expect(taken).toEqual([
    ['ask', 0],
    ['terminate', 30_000],
    ['kill', 58_000],
  ]);
});

test('an earlier deadline brings the rungs forward, a later one does not put them off', () => {
  const { rungs, taken } = recorded();
  const ladder = new StopLadder(rungs, Date.now);
  ladder.climb(60_000);
  vi.advanceTimersByTime(1000);
  ladder.climb(600_000);
  ladder.climb(2000);
  vi.advanceTimersByTime(700_000);
  expect(taken).toEqual([
    ['ask', 0],
    ['terminate', 2000],
    ['kill', 2800],
  ]);
});

test('nothing is signalled after the job has ended', () => {
  const { rungs, taken } = recorded();
  const ladder = new StopLadder(rungs, Date.now);
  ladder.climb(60_000);
  ladder.finished();
  ladder.climb(0);
  vi.advanceTimersByTime(120_000);
  expect(taken.map(([name]) => name)).toEqual(['ask']);
});
