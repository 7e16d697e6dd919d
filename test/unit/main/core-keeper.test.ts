import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CoreKeeper } from '../../../electron/main/core-keeper.ts';
import { createInMemoryPair } from '../../../electron/rpc/in-memory-pair.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Ends = 'when-asked' | 'when-killed' | 'unseen';

/** A keeper with a core that ends in one way; what was done to it, in order. */
function keep(ends: Ends): Readonly<{ keeper: CoreKeeper; done: readonly string[] }> {
  const done: string[] = [];
  const exits: ((exitCode: number) => void)[] = [];
  const end = (): void => {
    for (const listener of exits) listener(0);
  };
  const nothing = { dispose: () => undefined };
  const keeper = new CoreKeeper({
    launch: () => ({
      pid: 1,
      open: () => createInMemoryPair()[0],
      hand: () => undefined,
      order: ({ kind }) => {
        done.push(kind);
        if (ends === 'when-asked') end();
      },
      onSaid: () => nothing,
      onExit: (listener) => {
        exits.push(listener);
        return nothing;
      },
      kill: () => {
        done.push('kill');
        if (ends === 'when-killed') end();
      },
    }),
    start: () => ({ root: '/', grants: [], noUpdates: undefined }),
    serveHost: () => undefined,
    nowMs: Date.now,
  });
  keeper.start();
  return { keeper, done };
}

describe('ending the core', () => {
  it.each([
    ['when-asked', ['end']],
    ['when-killed', ['end', 'kill']],
    // Its end happened and nobody said so: the app would never quit.
    ['unseen', ['end', 'kill']],
  ] as const)('comes to its end with a core that ends %s', async (ends, expected) => {
    const { keeper, done } = keep(ends);
    let ended = false;
    void keeper.end().then(() => (ended = true));
    await vi.runAllTimersAsync();
    expect({ ended, done }).toEqual({ ended: true, done: expected });
  });
});
