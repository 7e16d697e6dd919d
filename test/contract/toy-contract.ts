import { z } from 'zod';

import { handlersFor, method, type HandlersFor } from '../../electron/shared/contract/define.ts';
import { createDispatcher } from '../../electron/rpc/dispatcher.ts';
import type { ServeOptions } from '../../electron/rpc/serve-channel.ts';
import { createTopicHub } from '../../electron/rpc/topic-hub.ts';
import type { Disposable } from '../../electron/shared/contract/disposable.ts';
import { StudioError } from '../../electron/shared/contract/studio-error.ts';
import type { TopicEvent, TopicSource } from '../../electron/shared/contract/topic-source.ts';
import { Listeners } from '../../electron/shared/domain/listeners.ts';

/** A contract small enough to see through, over which every transport is tried. */
export const TOY_CONTRACT = {
  'toy.echo': method({
    input: z.object({ text: z.string(), times: z.int().min(1).max(9).default(1) }),
    output: z.object({ text: z.string() }),
    errors: [],
  }),
  'toy.fail': method({ input: z.object({}), output: z.object({}), errors: ['core.not_found'] }),
  'toy.break': method({ input: z.object({}), output: z.object({}), errors: [] }),
  'toy.slow': method({ input: z.object({ ms: z.int() }), output: z.object({ ms: z.int() }), errors: [] }),
} as const;

export const toyHandlers: HandlersFor<typeof TOY_CONTRACT> = handlersFor(TOY_CONTRACT)({
  'toy.echo': ({ text, times }) => ({ text: text.repeat(times) }),
  'toy.fail': () => {
    throw new StudioError('core.not_found', { kind: 'run', reference: '案件一' }, { detail: 'raw' });
  },
  'toy.break': () => {
    throw new TypeError('a defect');
  },
  'toy.slow': async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { ms };
  },
});

/** A topic `counter` whose snapshot is its present count, and which `bump` counts up. */
export class ToyTopics implements TopicSource {
  readonly #events = new Listeners<TopicEvent>();
  count = 0;

  onEvent(listener: (event: TopicEvent) => void): Disposable {
    return this.#events.add(listener);
  }

  snapshot(topic: string): unknown {
    if (topic !== 'counter') throw new StudioError('core.unknown_topic', { topic });
    return { kind: 'snapshot', count: this.count };
  }

  bump(): void {
    this.count += 1;
    this.#events.emit({ topic: 'counter', data: { kind: 'count', count: this.count } });
  }
}

/** What answers behind a transport, and what a test may ask of it besides its contract. */
export type ToyFarEnd = Readonly<{
  serve: ServeOptions;
  topics: ToyTopics;
  /** Methods that failed without a code of their own. */
  defects: readonly string[];
  dispose(): void;
}>;

export function createToyFarEnd(): ToyFarEnd {
  const topics = new ToyTopics();
  const hub = createTopicHub(topics, () => 1_700_000_000_000);
  const defects: string[] = [];
  const dispatcher = createDispatcher(TOY_CONTRACT, toyHandlers, { checkOutputs: true });
  return {
    serve: { dispatcher, hub, onDefect: (_error, method) => defects.push(method) },
    topics,
    defects,
    dispose: () => hub.dispose(),
  };
}
