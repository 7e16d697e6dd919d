import { expect, it } from 'vitest';

import { createTopicHub } from '../../../electron/rpc/topic-hub.ts';
import { createTopicBoard } from '../../../electron/core/topics/topic-board.ts';

// A terminal writes megabytes: kept for replay they would fill the core, and replayed on a screen that has them they
// would stand there twice.
it('a topic of passing events gives whoever comes back the snapshot, and whoever missed nothing nothing', () => {
  const board = createTopicBoard();
  let state = 0;
  board.provide('t', () => ({ state }));
  const hub = createTopicHub(board, () => 1);
  const first: { seq: number; data: unknown }[] = [];
  hub.subscribe('t.1', undefined, (event) => first.push(event));
  for (state = 1; state <= 3; state += 1) board.publish('t.1', state, { passing: true });
  const seqs = first.map(({ seq }) => seq);
  const again = (since: number | undefined): readonly unknown[] => {
    const seen: unknown[] = [];
    hub.subscribe('t.1', since, ({ data }) => seen.push(data)).dispose();
    return seen;
  };
  expect(again(seqs.at(-1))).toEqual([]);
  expect(again(seqs.at(-2))).toEqual([{ state: 4 }]);
  expect(again(0)).toEqual([{ state: 4 }]);
});
