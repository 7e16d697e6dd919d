import type { Disposable } from '../../shared/contract/disposable.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { TopicEvent, TopicSource } from '../../shared/contract/topic-source.ts';
import { Listeners } from '../../shared/domain/listeners.ts';

/** A topic's present state by the part of its name after the dot; undefined where there is no such thing. */
export type SnapshotProvider = (id: string) => unknown;

export type TopicBoard = TopicSource & {
  publish(topic: string, data: unknown): void;
  /** Answers for the topic `family`, or for every topic `family.<id>`. */
  provide(family: string, provider: SnapshotProvider): void;
};

/** Where services put what happened, and transports read it. */
export function createTopicBoard(): TopicBoard {
  const events = new Listeners<TopicEvent>();
  const providers = new Map<string, SnapshotProvider>();
  return {
    publish: (topic, data) => events.emit({ topic, data }),
    provide: (family, provider) => void providers.set(family, provider),
    onEvent: (listener): Disposable => events.add(listener),
    snapshot: (topic) => {
      const dot = topic.indexOf('.');
      const family = dot < 0 ? topic : topic.slice(0, dot);
      const data = providers.get(family)?.(dot < 0 ? '' : topic.slice(dot + 1));
      if (data === undefined) throw new StudioError('core.unknown_topic', { topic });
      return data;
    },
  };
}
