import type { Disposable } from '../shared/contract/disposable.ts';
import type { TopicSource } from '../shared/contract/topic-source.ts';

/** Events kept of each topic for subscribers that come back; at 4 frames a second, about two minutes. */
const RING_CAPACITY = 512;
/** Topics kept without a subscriber before the oldest are forgotten. */
const IDLE_TOPIC_CAPACITY = 256;
/** Sequence numbers begin at the time times this, so that no topic ever counts backwards after a restart. */
const SEQ_PER_MS = 1000;

export type SequencedData = { readonly seq: number; readonly data: unknown };

export type TopicHub = {
  /**
   * Follows a topic. With a `since` that the ring still covers, the events after it are replayed (0: all events
   * of the topic); otherwise the snapshot comes first. Both happen before this returns. Throws
   * `core.unknown_topic`.
   */
  subscribe(topic: string, since: number | undefined, listener: (event: SequencedData) => void): Disposable;
  dispose(): void;
};

type TopicState = {
  seq: number;
  readonly first: number;
  /** Every event with a sequence number above this one is still in the ring. */
  floor: number;
  readonly ring: SequencedData[];
  readonly listeners: Set<(event: SequencedData) => void>;
};

function covers(state: TopicState, since: number): boolean {
  return since === 0 ? state.floor === state.first : since >= state.floor && since <= state.seq;
}

/** Gives the events of a source monotonic sequence numbers a topic, and replays what a subscriber missed. */
export function createTopicHub(source: TopicSource, nowMs: () => number): TopicHub {
  const topics = new Map<string, TopicState>();

  const stateOf = (topic: string): TopicState => {
    const known = topics.get(topic);
    if (known !== undefined) return known;
    const first = nowMs() * SEQ_PER_MS;
    const created: TopicState = { seq: first, first, floor: first, ring: [], listeners: new Set() };
    topics.set(topic, created);
    if (topics.size > IDLE_TOPIC_CAPACITY) {
      const idle = [...topics].find(([name, state]) => state.listeners.size === 0 && name !== topic);
      if (idle !== undefined) topics.delete(idle[0]);
    }
    return created;
  };

  const listen = (topic: string, state: TopicState, listener: (event: SequencedData) => void): Disposable => {
    const following = source.follow?.(topic);
    state.listeners.add(listener);
    return {
      dispose: () => {
        if (state.listeners.delete(listener)) following?.dispose();
      },
    };
  };

  const publishing = source.onEvent(({ topic, data, passing }) => {
    const state = stateOf(topic);
    state.seq += 1;
    const event = { seq: state.seq, data };
    if (passing === true) {
      state.ring.length = 0;
      state.floor = state.seq;
    } else state.ring.push(event);
    if (state.ring.length > RING_CAPACITY) state.floor = state.ring.shift()?.seq ?? state.floor;
    for (const listener of [...state.listeners]) listener(event);
  });

  return {
    subscribe(topic, since, listener) {
      const known = topics.get(topic);
      if (known !== undefined && since !== undefined && covers(known, since)) {
        for (const event of [...known.ring]) if (event.seq > since) listener(event);
        return listen(topic, known, listener);
      }
      // Taken before the topic is remembered, so that unknown names leave nothing behind.
      const data = source.snapshot(topic);
      const state = stateOf(topic);
      const listening = listen(topic, state, listener);
      listener({ seq: state.seq, data });
      return listening;
    },
    dispose() {
      publishing.dispose();
      topics.clear();
    },
  };
}
