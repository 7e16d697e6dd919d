import { expect, it } from 'vitest';

import type { RunTopicData } from '../../../../electron/shared/contract/events.ts';
import type { RunSummary } from '../../../../electron/shared/contract/methods/runs.ts';
import { recipeSchema } from '../../../../electron/shared/protocol/recipe.ts';
import { applyRunFrame, LONGEST_TAIL, type LiveRun } from '../../../../renderer/features/run/run-frames.ts';

const RUN: RunSummary = {
  id: 'R',
  name: 'r',
  state: 'running',
  origin: 'studio',
  modelPath: '/m',
  modelName: 'm',
  datasetPath: '/d',
  datasetName: 'd',
  method: 'lora',
  createdAtMs: 0,
  attempts: 1,
  step: 0,
  tags: [],
  note: '',
};
const SNAPSHOT: RunTopicData = {
  kind: 'snapshot',
  run: {
    ...RUN,
    dir: '/r',
    recipe: recipeSchema.parse({ model: 'm', dataset: 'd' }),
    attemptList: [],
    checkpoints: [],
    samples: [],
    metricKeys: [],
  },
};
const checkpoint = (step: number) => ({
  step,
  path: '/c',
  bytes: 1,
  manifestSha256: 'x',
  reason: 'interval',
  best: false,
  createdAtMs: 0,
});
const sample = (step: number, answer: string) => ({ step, prompt: 'p', answer, finish: 'stop', tokens: 1 });
const update = (from: number, to: number, more: Partial<RunTopicData> = {}): RunTopicData => ({
  kind: 'update',
  run: { ...RUN, step: to },
  points: Array.from({ length: to - from + 1 }, (_, at) => ({ key: 'loss', step: from + at, value: 1 })),
  ...(more as object),
});
const play = (...frames: RunTopicData[]): LiveRun | undefined =>
  frames.reduce<LiveRun | undefined>((live, frame) => applyRunFrame(live, frame, 5), undefined);

it('a snapshot after a gap begins the tail anew and has the curves asked for again', () => {
  const before = play(SNAPSHOT, update(1, 3));
  const after = applyRunFrame(before, SNAPSHOT, 5);
  expect(before?.tail.length).toBe(3);
  expect(after?.tail).toEqual([]);
  expect(after?.generation).toBe((before?.generation ?? 0) + 1);
});

it('a resumed attempt makes everything after its step void', () => {
  const live = play(
    SNAPSHOT,
    update(1, 6, { checkpoints: [checkpoint(3), checkpoint(6)], samples: [sample(3, 'a'), sample(6, 'b')] }),
    update(4, 5, { truncatedAfterStep: 3 }),
  );
  expect(live?.tail.map((point) => point.step)).toEqual([1, 2, 3, 4, 5]);
  expect(live?.checkpoints.map((one) => one.step)).toEqual([3]);
  expect(live?.samples.map((one) => one.step)).toEqual([3]);
  expect(live?.cut).toEqual({ afterStep: 3, atMs: 5 });
});

it('a frame that comes twice doubles no checkpoint and no sample', () => {
  const frame = update(1, 1, { checkpoints: [checkpoint(1)], samples: [sample(1, 'a')] });
  const live = play(SNAPSHOT, frame, frame);
  expect([live?.checkpoints.length, live?.samples.length]).toEqual([1, 1]);
});

it('a checkpoint that was removed to keep the newest only leaves the run, and one saved again stays', () => {
  const live = play(
    SNAPSHOT,
    update(1, 6, { checkpoints: [checkpoint(2), checkpoint(4), checkpoint(6)], removedCheckpoints: [2] }),
    update(7, 8, { checkpoints: [checkpoint(8)], removedCheckpoints: [4] }),
  );
  expect(live?.checkpoints.map((one) => one.step)).toEqual([2, 6, 8]);
});

it('a request that was carried out is told once, and forgotten by a new snapshot', () => {
  const frame = update(1, 1, { controlsDone: [{ id: 'a', command: 'save-now', step: 1 }] });
  expect(play(SNAPSHOT, frame, frame)?.controlsDone.length).toBe(1);
  expect(play(SNAPSHOT, frame, SNAPSHOT)?.controlsDone).toEqual([]);
});

it('memory stays bounded in a burst, and the curves are asked for again before points are let go', () => {
  let live = play(SNAPSHOT);
  const before = live?.generation ?? 0;
  for (let at = 0; at < 100; at += 1) live = applyRunFrame(live, update(at * 500 + 1, at * 500 + 500), 5);
  expect(live?.tail.length).toBeLessThanOrEqual(LONGEST_TAIL);
  expect(live?.tail.at(-1)?.step).toBe(50_000);
  expect(live?.generation).toBeGreaterThan(before);
});
