import type { Disposable } from '../../shared/contract/disposable.ts';
import type { ReleasesTopicData, ReleaseView } from '../../shared/contract/methods/releases.ts';
import type { Clock } from '../ports.ts';
import type { TopicBoard } from '../topics/topic-board.ts';

const FRAME_MS = 250;

export type ReleasesFeed = Disposable & Readonly<{ note(releaseId: string): void }>;

/** The topics `releases` and `release.<id>`, a frame of each at most every quarter of a second. */
export function createReleasesFeed(
  views: Readonly<{ open: () => ReleasesTopicData; one: (id: string) => ReleaseView | undefined }>,
  board: TopicBoard,
  clock: Clock,
): ReleasesFeed {
  const changed = new Set<string>();
  let pending: Disposable | undefined;
  board.provide('releases', (id) => (id === '' ? views.open() : undefined));
  board.provide('release', (id) => views.one(id));
  return {
    note: (releaseId) => {
      changed.add(releaseId);
      pending ??= clock.after(FRAME_MS, () => {
        pending = undefined;
        for (const id of changed) {
          const view = views.one(id);
          if (view !== undefined) board.publish(`release.${id}`, view);
        }
        changed.clear();
        board.publish('releases', views.open());
      });
    },
    dispose: () => {
      pending?.dispose();
    },
  };
}
