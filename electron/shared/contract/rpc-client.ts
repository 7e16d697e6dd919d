import type { CallerFor, Contract } from './define.ts';
import type { Disposable } from './disposable.ts';
import { serverFrameSchema } from './frames.ts';
import { fromErrorBody, StudioError } from './studio-error.ts';
import type { FrameChannel } from './frame-channel.ts';

export type TopicListener = (event: { readonly seq: number; readonly data: unknown }) => void;

export type RpcClient<C extends Contract> = {
  readonly call: CallerFor<C>;
  /** Follows a topic over as many connections as it takes; after each new one it asks for what it missed. */
  subscribe(topic: string, listener: TopicListener, since?: number): Disposable;
  /** Talks over this channel from now on. Calls waiting on the former one fail with `core.disconnected`. */
  attach(channel: FrameChannel): void;
  dispose(): void;
};

type Pending = { readonly resolve: (data: unknown) => void; readonly reject: (error: Error) => void };
type Subscription = { readonly listeners: Set<TopicListener>; lastSeq: number | undefined };

export function createRpcClient<C extends Contract>(): RpcClient<C> {
  const pending = new Map<number, Pending>();
  const topics = new Map<string, Subscription>();
  let channel: FrameChannel | undefined;
  let attachment: Disposable[] = [];
  let nextId = 1;

  const detach = (): void => {
    for (const part of attachment) part.dispose();
    attachment = [];
    channel = undefined;
    for (const waiting of pending.values()) waiting.reject(new StudioError('core.disconnected'));
    pending.clear();
  };

  const receive = (message: unknown): void => {
    const parsed = serverFrameSchema.safeParse(message);
    if (!parsed.success) return;
    const frame = parsed.data;
    if (frame.k === 'res') {
      const waiting = pending.get(frame.id);
      pending.delete(frame.id);
      if (frame.ok) waiting?.resolve(frame.data);
      else waiting?.reject(fromErrorBody(frame.error));
      return;
    }
    const subscription = topics.get(frame.topic);
    if (subscription === undefined) return;
    // A refused subscription has no place in the topic's order.
    if (frame.seq > 0) subscription.lastSeq = frame.seq;
    for (const listener of [...subscription.listeners]) listener({ seq: frame.seq, data: frame.data });
  };

  const sendSubscription = (topic: string, since: number | undefined): void =>
    channel?.send({ k: 'sub', topic, ...(since === undefined ? {} : { since }) });

  return {
    call: ((method: string, params: unknown) =>
      new Promise<unknown>((resolve, reject) => {
        if (channel === undefined) {
          reject(new StudioError('core.disconnected'));
          return;
        }
        const id = nextId++;
        pending.set(id, { resolve, reject });
        channel.send({ k: 'req', id, method, params });
      })) as unknown as CallerFor<C>,
    subscribe(topic, listener, since) {
      const subscription = topics.get(topic) ?? { listeners: new Set(), lastSeq: since };
      topics.set(topic, subscription);
      subscription.listeners.add(listener);
      // A further listener needs the present state too, so it asks without `since`; snapshots are idempotent.
      sendSubscription(topic, since);
      return {
        dispose: () => {
          subscription.listeners.delete(listener);
          if (subscription.listeners.size > 0 || topics.get(topic) !== subscription) return;
          topics.delete(topic);
          channel?.send({ k: 'unsub', topic });
        },
      };
    },
    attach(next) {
      detach();
      channel = next;
      attachment = [
        next.onMessage(receive),
        next.onClose(() => {
          if (channel === next) detach();
        }),
      ];
      for (const [topic, subscription] of topics) sendSubscription(topic, subscription.lastSeq);
    },
    dispose() {
      const open = channel;
      detach();
      topics.clear();
      open?.close();
    },
  };
}
