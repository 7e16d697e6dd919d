import { describe, expect, it } from 'vitest';

import type { RunRecord } from '../../../electron/core/db/repositories/run-repository.ts';
import type { Clock } from '../../../electron/core/ports.ts';
import { createRunFeed } from '../../../electron/core/runs/run-feed.ts';
import type { RunRepositories } from '../../../electron/core/runs/train-projector.ts';
import { createTopicBoard } from '../../../electron/core/topics/topic-board.ts';
import type { RunTopicData } from '../../../electron/shared/contract/events.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';

/** A clock that moves only when it is told to. */
class HandClock implements Clock {
  #now = 0;
  #timers: { atMs: number; work: () => void }[] = [];

  readonly nowMs = (): number => this.#now;

  readonly after = (delayMs: number, work: () => void): { dispose: () => void } => {
    const timer = { atMs: this.#now + delayMs, work };
    this.#timers.push(timer);
    return { dispose: () => void (this.#timers = this.#timers.filter((one) => one !== timer)) };
  };

  move(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#now);
    for (const timer of due) timer.work();
  }
}

const run: RunRecord = {
  id: 'R',
  name: 'r',
  state: 'running',
  origin: 'studio',
  dir: '/r',
  recipe: recipeSchema.parse({ model: 'm', dataset: 'd' }),
  modelName: 'm',
  modelPath: '/m',
  datasetName: 'd',
  datasetPath: '/d',
  createdAtMs: 0,
  attempts: 1,
  step: 0,
  tags: [],
  note: '',
};

function feedWith(
  rows: Map<string, RunRecord>,
  losses: (number | null)[] = [],
  evalLosses: number[] = [],
): {
  clock: HandClock;
  feed: ReturnType<typeof createRunFeed>;
  frames: { topic: string; data: RunTopicData }[];
} {
  const clock = new HandClock();
  const board = createTopicBoard();
  const frames: { topic: string; data: RunTopicData }[] = [];
  board.onEvent((event) => frames.push(event as { topic: string; data: RunTopicData }));
  const repositories = {
    runs: { byId: (id: string) => rows.get(id) },
    metrics: {
      // The first evaluation is made before the first step.
      range: (_run: string, key: string, from: number, to: number) =>
        (key === 'evalLoss'
          ? evalLosses.map((value, at) => ({ step: at, value }))
          : losses.map((value, at) => ({ step: at + 1, value }))
        ).filter(({ step }) => from <= step && step <= to),
    },
  } as unknown as RunRepositories;
  return { clock, frames, feed: createRunFeed(repositories, board, clock) };
}

describe('run feed', () => {
  it('publishes at most four frames a second of a run, and no point is lost', () => {
    const { clock, feed, frames } = feedWith(new Map([['R', run]]));
    for (let step = 1; step <= 1000; step++) {
      feed.note({ run, points: [{ key: 'loss', step, value: step }] });
      clock.move(1);
    }
    clock.move(250);
    const own = frames.filter((frame) => frame.topic === 'run.R');
    expect(own.length).toBeLessThanOrEqual(5);
    const steps = own.flatMap(({ data }) =>
      data.kind === 'update' ? data.points.map((point) => point.step) : [],
    );
    expect(steps).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1));
  });

  it('carries no points rather than a part of them when there are more than a frame holds', () => {
    const { clock, feed, frames } = feedWith(new Map([['R', run]]));
    for (let step = 1; step <= 5000; step++) feed.note({ run, points: [{ key: 'loss', step, value: 1 }] });
    clock.move(250);
    feed.note({ run, points: [{ key: 'loss', step: 5001, value: 1 }] });
    clock.move(250);
    const own = frames.filter((frame) => frame.topic === 'run.R').map((frame) => frame.data);
    expect(own).toMatchObject([{ points: [], pointsLeftOut: true }, { points: [{ step: 5001 }] }]);
    expect(own[1]).not.toHaveProperty('pointsLeftOut');
  });

  it('shows the row as it is stored when the frame goes out', () => {
    const rows = new Map([['R', run]]);
    const { clock, feed, frames } = feedWith(rows);
    feed.note({ run: { ...run, step: 99 } });
    rows.set('R', { ...run, step: 7 });
    clock.move(250);
    expect(frames[0]?.data.run.step).toBe(7);
  });

  it('tells of a checkpoint that was saved and removed within one frame as removed only', () => {
    const { clock, feed, frames } = feedWith(new Map([['R', run]]));
    const checkpoint = (step: number) => ({
      runId: 'R',
      step,
      path: '/c',
      bytes: 1,
      manifestSha256: 'x',
      reason: 'interval',
      best: false,
      createdAtMs: 0,
    });
    feed.note({ run, checkpoint: checkpoint(5) });
    feed.note({ run, removedCheckpointStep: 5 });
    feed.note({ run, removedCheckpointStep: 4 });
    feed.note({ run, checkpoint: checkpoint(4) });
    clock.move(250);
    const [data] = frames.map((frame) => frame.data);
    expect(data).toMatchObject({ removedCheckpoints: [5], checkpoints: [{ step: 4 }] });
  });

  it('drops waiting points that a resumed attempt made void', () => {
    const { clock, feed, frames } = feedWith(new Map([['R', run]]));
    feed.note({ run, points: [3, 4, 5].map((step) => ({ key: 'loss', step, value: 1 })) });
    feed.note({ run, truncateAfterStep: 3 });
    feed.note({ run, points: [{ key: 'loss', step: 4, value: 2 }] });
    clock.move(250);
    expect(frames[0]?.data).toMatchObject({
      truncatedAfterStep: 3,
      points: [
        { step: 3, value: 1 },
        { step: 4, value: 2 },
      ],
    });
  });

  it('says nothing of a run that was removed meanwhile, and nothing after it is disposed of', () => {
    const rows = new Map([['R', run]]);
    const { clock, feed, frames } = feedWith(rows);
    feed.note({ run });
    rows.delete('R');
    clock.move(250);
    rows.set('R', run);
    feed.note({ run });
    feed.dispose();
    clock.move(250);
    expect(frames).toEqual([]);
  });

  // Bug caught: a run whose loss climbs all night, and nobody hears of it; or one that has ended still calls.
  it.each([
    ['climbs', [...Array<number>(10).fill(2), ...Array<number>(10).fill(3.1)], 'running', 'loss_diverging'],
    ['is no number', [2, 2, null], 'running', 'loss_not_finite'],
    ['falls', [...Array<number>(10).fill(3), ...Array<number>(10).fill(2)], 'running', undefined],
    [
      'climbed, and the run is over',
      [...Array<number>(10).fill(2), ...Array<number>(10).fill(9)],
      'done',
      undefined,
    ],
  ] as const)('says that a run needs a person where its loss %s', (_name, losses, state, attention) => {
    const record: RunRecord = { ...run, state, step: losses.length };
    const { clock, feed, frames } = feedWith(new Map([['R', record]]), [...losses]);
    feed.note({ run: record });
    clock.move(250);
    const changed = frames.find((frame) => frame.topic === 'runs')?.data as { run: { attention?: string } };
    expect(changed.run.attention).toBe(attention);
  });

  // Bug caught: a run that ends worse than its base looks on every list like one that went well.
  it.each([
    ['ends worse than it began', [2, 1.9, 2.1], 'done', 'eval_worse'],
    ['ends far above its best', [2, 1, 1.3], 'done', 'eval_above_best'],
    ['ends at its best', [2, 1.5, 1.4], 'done', undefined],
    ['is worse than before training', [2, 2.3], 'running', 'eval_worse'],
    ['was worse when somebody stopped it', [2, 2.3], 'stopped', undefined],
  ] as const)('says that a run needs a person where its eval loss %s', (_name, evals, state, attention) => {
    const record: RunRecord = { ...run, state, step: evals.length };
    const { clock, feed, frames } = feedWith(new Map([['R', record]]), [1, 1], [...evals]);
    feed.note({ run: record });
    clock.move(250);
    const changed = frames.find((frame) => frame.topic === 'runs')?.data as { run: { attention?: string } };
    expect(changed.run.attention).toBe(attention);
  });
});
