import { describe, expect, it } from 'vitest';

import { endedBy, liveAfter } from '../../../../renderer/state/live-runs.ts';
import { runSummary as run } from '../run-summary.ts';

describe('the runs of the strip', () => {
  it('come, change and go', () => {
    const one = liveAfter([], { kind: 'changed', run: run('a', 'starting') });
    const two = liveAfter(one, { kind: 'changed', run: run('b', 'running') });
    const changed = liveAfter(two, { kind: 'changed', run: { ...run('a', 'running'), step: 11 } });
    expect(changed.map(({ id, step }) => [id, step])).toEqual([
      ['a', 11],
      ['b', 10],
    ]);
    expect(liveAfter(changed, { kind: 'changed', run: run('a', 'done') }).map(({ id }) => id)).toEqual(['b']);
    expect(liveAfter(changed, { kind: 'removed', runId: 'b' }).map(({ id }) => id)).toEqual(['a']);
  });

  // An edited note of a run from last week must not be told as its end.
  it('an end is told once, and only of a run that was live', () => {
    const live = [run('a', 'running')];
    expect(endedBy(live, { kind: 'changed', run: run('a', 'done') }).known).toHaveLength(1);
    expect(endedBy([], { kind: 'changed', run: run('a', 'done') }).known).toEqual([]);
  });

  // The socket was down while the run ended: no frame says so, the next snapshot only lacks it.
  it('an end that nobody saw is found by its absence', () => {
    const live = [run('a', 'running'), run('b', 'running')];
    expect(endedBy(live, { kind: 'snapshot', live: [run('b', 'running')] })).toEqual({
      known: [],
      unseen: ['a'],
    });
  });
});
