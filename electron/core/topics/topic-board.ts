import type { Disposable } from '../../shared/contract/disposable.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { TopicEvent, TopicSource } from '../../shared/contract/topic-source.ts';
import { Listeners } from '../../shared/domain/listeners.ts';

/** A topic's present state by the part of its name after the dot; undefined where there is no such thing. */
export type SnapshotProvider = (id: string) => unknown;

export type TopicBoard = Required<TopicSource> & {
  publish(topic: string, data: unknown, options?: Readonly<{ passing: boolean }>): void;
  /** Answers for the topic `family`, or for every topic `family.<id>`; `follow` hears of each subscriber. */
  provide(family: string, provider: SnapshotProvider, follow?: (id: string) => Disposable): void;
};

/** Where services put what happened, and transports read it. */
export function createTopicBoard(): TopicBoard {
  const events = new Listeners<TopicEvent>();
  const providers = new Map<
    string,
    Readonly<{ provider: SnapshotProvider; follow: ((id: string) => Disposable) | undefined }>
  >();
  const named = (topic: string): readonly [family: string, id: string] => {
    const dot = topic.indexOf('.');
    return dot < 0 ? [topic, ''] : [topic.slice(0, dot), topic.slice(dot + 1)];
  };
  return {
    publish: (topic, data, options) => events.emit({ topic, data, ...options }),
    provide: (family, provider, follow) => void providers.set(family, { provider, follow }),
    onEvent: (listener): Disposable => events.add(listener),
    snapshot: (topic) => {
      const [family, id] = named(topic);
      const data = providers.get(family)?.provider(id);
      if (data === undefined) throw new StudioError('core.unknown_topic', { topic });
      return data;
    },
    follow: (topic) => {
      const [family, id] = named(topic);
      return providers.get(family)?.follow?.(id) ?? { dispose: () => undefined };
    },
  };
}
