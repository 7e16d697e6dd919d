import type { Disposable } from './disposable.ts';

/** One thing that happened under a topic. */
export type TopicEvent = {
  readonly topic: string;
  readonly data: unknown;
  /** Too much to keep for subscribers that come back: they get the snapshot, which covers it. */
  readonly passing?: boolean;
};

/**
 * What the core offers to a transport. `snapshot` is synchronous so that a topic's present state and the
 * events after it can be ordered without a gap; it throws `core.unknown_topic`. Applying an event that the
 * snapshot already covers must change nothing.
 */
export type TopicSource = {
  onEvent(listener: (event: TopicEvent) => void): Disposable;
  snapshot(topic: string): unknown;
  /** Told of each subscriber, until it is disposed; what nobody follows may be let go. */
  follow?(topic: string): Disposable;
};
