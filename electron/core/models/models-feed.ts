import type { Disposable } from '../../shared/contract/disposable.ts';
import type { ModelsTopicData } from '../../shared/contract/methods/models.ts';
import type { Clock } from '../ports.ts';
import type { TopicBoard } from '../topics/topic-board.ts';

const FRAME_MS = 250;

export type ModelsFeed = Disposable & Readonly<{ note(): void }>;

/** The topic `models`: what is fetched and what is hashed, a frame at most every quarter of a second. */
export function createModelsFeed(view: () => ModelsTopicData, board: TopicBoard, clock: Clock): ModelsFeed {
  let pending: Disposable | undefined;
  board.provide('models', (id) => (id === '' ? view() : undefined));
  return {
    note: () => {
      pending ??= clock.after(FRAME_MS, () => {
        pending = undefined;
        board.publish('models', view());
      });
    },
    dispose: () => {
      pending?.dispose();
    },
  };
}
