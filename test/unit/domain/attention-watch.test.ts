import { expect, it } from 'vitest';

import type { RunsTopicData } from '../../../electron/shared/contract/events.ts';
import type { RunAttention } from '../../../electron/shared/contract/methods/runs.ts';
import { AttentionWatch } from '../../../electron/shared/domain/attention-watch.ts';
import { runSummary } from '../renderer/run-summary.ts';

const changed = (id: string, attention?: RunAttention, attempts = 1): RunsTopicData => ({
  kind: 'changed',
  run: { ...runSummary(id, 'running'), attempts, ...(attention === undefined ? {} : { attention }) },
});

// Bug caught: a loss around the limit rings with every frame, four times a second.
it('tells each reason once a run and attempt', () => {
  const watch = new AttentionWatch();
  const told = [
    changed('A'),
    changed('A', 'loss_diverging'),
    changed('A', 'loss_diverging'),
    changed('A'),
    changed('A', 'loss_diverging'),
    changed('A', 'loss_not_finite'),
    changed('B', 'loss_diverging'),
    changed('A', 'loss_diverging', 2),
  ].flatMap((frame) => watch.newsIn(frame) ?? []);
  expect(told.map((run) => [run.id, run.attention, run.attempts])).toEqual([
    ['A', 'loss_diverging', 1],
    ['A', 'loss_not_finite', 1],
    ['B', 'loss_diverging', 1],
    ['A', 'loss_diverging', 2],
  ]);
});

// Bug caught: every window that is opened, and every socket that comes back, tells the same again.
it('tells nothing of what was there when it began to look', () => {
  const watch = new AttentionWatch();
  const live = [{ ...runSummary('A', 'running'), attention: 'loss_diverging' as const }];
  expect(watch.newsIn({ kind: 'snapshot', live })).toBeUndefined();
  expect(watch.newsIn(changed('A', 'loss_diverging'))).toBeUndefined();
  expect(watch.newsIn({ kind: 'removed', runId: 'A' })).toBeUndefined();
});
