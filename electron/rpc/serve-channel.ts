import type { Disposable } from '../shared/contract/disposable.ts';
import { clientFrameSchema, type ClientFrame, type ServerFrame } from '../shared/contract/frames.ts';
import { StudioError, toErrorBody } from '../shared/contract/studio-error.ts';
import { createCheckedChannel, refusalOf } from './checked-channel.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import type { TopicHub } from './topic-hub.ts';

export type ServeOptions = {
  readonly dispatcher: Dispatcher;
  readonly hub: TopicHub;
  /** Told of failures without a code of their own: defects, for the log. */
  readonly onDefect: (error: unknown, method: string) => void;
  /** Told of what no page of ours asks for: somebody tries, or page and core do not fit. For the log. */
  readonly onRefused?: ((code: string) => void) | undefined;
};

/** Besides what is no frame at all. */
const NEVER_ASKED: ReadonlySet<string> = new Set(['core.unknown_method', 'server.path_refused']);

/** Answers one client until its channel closes or this is disposed. */
export function serveChannel(channel: FrameChannel, options: ServeOptions): Disposable {
  const { dispatcher, hub, onDefect, onRefused } = options;
  const subscriptions = new Map<string, Disposable>();
  const send = (frame: ServerFrame): void => channel.send(frame);

  const unsubscribe = (topic: string): void => {
    subscriptions.get(topic)?.dispose();
    subscriptions.delete(topic);
  };

  const handle = async (frame: ClientFrame): Promise<void> => {
    switch (frame.k) {
      case 'req':
        try {
          send({ k: 'res', id: frame.id, ok: true, data: await dispatcher.call(frame.method, frame.params) });
        } catch (error) {
          if (!(error instanceof StudioError)) onDefect(error, frame.method);
          else if (NEVER_ASKED.has(error.code)) onRefused?.(error.code);
          send({ k: 'res', id: frame.id, ok: false, error: { ...toErrorBody(error) } });
        }
        return;
      case 'sub': {
        const { topic } = frame;
        unsubscribe(topic);
        try {
          const subscription = hub.subscribe(topic, frame.since, ({ seq, data }) =>
            send({ k: 'evt', topic, seq, data }),
          );
          subscriptions.set(topic, subscription);
        } catch (error) {
          if (!(error instanceof StudioError)) onDefect(error, `sub ${topic}`);
          send({ k: 'evt', topic, seq: 0, data: { kind: 'error', error: toErrorBody(error) } });
        }
        return;
      }
      case 'unsub':
        unsubscribe(frame.topic);
        return;
    }
  };

  const receiving = createCheckedChannel(channel, onRefused).onMessage((message) => {
    const parsed = clientFrameSchema.safeParse(message);
    if (parsed.success) {
      void handle(parsed.data);
      return;
    }
    onRefused?.('core.bad_frame');
    const refusal = refusalOf(message, 'core.bad_frame');
    if (refusal !== undefined) send(refusal);
  });
  const closing = channel.onClose(() => dispose());

  const dispose = (): void => {
    receiving.dispose();
    closing.dispose();
    for (const topic of [...subscriptions.keys()]) unsubscribe(topic);
  };
  return { dispose };
}
