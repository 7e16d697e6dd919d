import type { Disposable } from '../../shared/contract/disposable.ts';
import type { ModelsTopicData } from '../../shared/contract/methods/models.ts';
import type { Clock } from '../ports.ts';
import type { TopicBoard } from '../topics/topic-board.ts';

const FRAME_MS = 250;

export type ModelsFeed = Disposable &
  Readonly<{
    note(): void;
    /** A job has changed the records, which no page has asked for. */
    noteRecords(): void;
  }>;

/** The topic `models`: what is fetched and what is hashed, a frame at most every quarter of a second. */
export function createModelsFeed(
  view: () => Omit<ModelsTopicData, 'recordChanges'>,
  board: TopicBoard,
  clock: Clock,
): ModelsFeed {
  let pending: Disposable | undefined;
  let recordChanges = 0;
  const whole = (): ModelsTopicData => ({ ...view(), recordChanges });
  board.provide('models', (id) => (id === '' ? whole() : undefined));
  const note = (): void => {
    pending ??= clock.after(FRAME_MS, () => {
      pending = undefined;
      board.publish('models', whole());
    });
  };
  return {
    note,
    noteRecords: () => {
      recordChanges += 1;
      note();
    },
    dispose: () => {
      pending?.dispose();
    },
  };
}
