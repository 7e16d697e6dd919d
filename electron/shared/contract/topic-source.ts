import type { Disposable } from './disposable.ts';

/** One thing that happened. `seq` is given where the topic has sequence numbers of its own (a job's events). */
export interface TopicEvent {
  readonly topic: string;
  readonly data: unknown;
  readonly seq?: number | undefined;
}

export interface SequencedData {
  readonly seq: number;
  readonly data: unknown;
}

/**
 * What the core offers to a transport. Everything here is synchronous so that a snapshot and the events
 * after it can be ordered without a gap.
 */
export interface TopicSource {
  onEvent(listener: (event: TopicEvent) => void): Disposable;
  /** The topic's present state, or undefined for a topic without one. Throws `core.unknown_topic`. */
  snapshot(topic: string): SequencedSnapshot | undefined;
  /** Events after `since` from durable storage, or undefined where the topic keeps none. */
  replay(topic: string, since: number): readonly SequencedData[] | undefined;
}

export interface SequencedSnapshot {
  readonly data: unknown;
  /** Set only by topics with sequence numbers of their own. */
  readonly seq?: number | undefined;
}
