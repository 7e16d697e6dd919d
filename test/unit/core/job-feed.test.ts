import { expect, it } from 'vitest';

import type { JobListener, JobRecord } from '../../../electron/core/jobs/job-record.ts';
import { createJobFeed } from '../../../electron/core/topics/job-feed.ts';
import { createTopicBoard } from '../../../electron/core/topics/topic-board.ts';
import type { JobTopicData } from '../../../electron/shared/contract/events.ts';
import type { JobEvent } from '../../../electron/shared/protocol/events.ts';

const job = { id: 'J', kind: 'dataset-import', state: 'running', dir: '/j', createdAtMs: 0 } as JobRecord;
const progress = (seq: number): JobEvent => ({
  v: 1,
  seq,
  t: seq,
  type: 'progress',
  data: { done: seq, total: null, unit: 'rows', etaMs: null },
});
const warning = (seq: number): JobEvent => ({
  v: 1,
  seq,
  t: seq,
  type: 'warning',
  data: { code: 'data.repaired', message: 'w', params: {} },
});

it('keeps a frame small in a flood, and in it every warning and the newest measurement', () => {
  let tell: JobListener = () => undefined;
  let flush = (): void => undefined;
  const board = createTopicBoard();
  const frames: JobTopicData[] = [];
  board.onEvent(({ data }) => frames.push(data as JobTopicData));
  const source = {
    find: () => job,
    onUpdate: (listener: JobListener) => {
      tell = listener;
      return { dispose: () => undefined };
    },
  };
  const feed = createJobFeed(source, board, {
    nowMs: () => 0,
    after: (_delay, work) => {
      flush = work;
      return { dispose: () => undefined };
    },
  });
  const events = Array.from({ length: 30_000 }, (_, at) =>
    (at + 1) % 1000 === 500 ? warning(at + 1) : progress(at + 1),
  );
  for (let at = 0; at < events.length; at += 2500) {
    tell({ kind: 'events', job, events: events.slice(at, at + 2500) });
  }
  flush();
  const [frame] = frames;
  if (frame?.kind !== 'events') throw new Error('no frame of events');
  expect(frame.events.length + (frame.leftOut ?? 0)).toBe(30_000);
  expect(frame.events.length).toBeLessThanOrEqual(100);
  expect(frame.events.filter((one) => one.type === 'warning').length).toBe(30);
  expect(frame.events.at(-1)?.seq).toBe(30_000);
  const seqs = frame.events.map((one) => one.seq);
  expect(seqs).toEqual([...seqs].sort((left, right) => left - right));
  feed.dispose();
});
