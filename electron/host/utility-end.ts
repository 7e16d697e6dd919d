import { shellSaysSchema, type ChannelRole, type ShellSays } from '../shared/contract/core-link.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { Listeners } from '../shared/domain/listeners.ts';
import { createMessagePortChannel, type PortLike } from '../rpc/message-port-channel.ts';
import type { CoreEnd } from './core-end.ts';

type Order = Extract<ShellSays, { kind: 'start' | 'grant' | 'end' }>;

type PortMessage = Readonly<{ data: unknown; ports: readonly PortLike[] }>;

/** The part of `process.parentPort` that is used here; only Electron's utility processes have one. */
export type ParentPort = {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: PortMessage) => void): unknown;
};

const dataOf = (event: unknown): unknown => (event as { data: unknown }).data;

/** Electron's utility process: every channel is a message port of its own. */
export function createUtilityEnd(parent: ParentPort): CoreEnd {
  const opened = new Listeners<readonly [ChannelRole, FrameChannel]>();
  const orders = new Listeners<Order>();
  parent.on('message', ({ data, ports }) => {
    const parsed = shellSaysSchema.safeParse(data);
    if (!parsed.success) return;
    const message = parsed.data;
    const [port] = ports;
    if (message.kind === 'channel') {
      if (port !== undefined) opened.emit([message.role, createMessagePortChannel(port, dataOf)]);
      return;
    }
    if (message.kind !== 'frame' && message.kind !== 'closed') orders.emit(message);
  });
  return {
    say: (message) => parent.postMessage(message),
    onChannel: (listener) => opened.add(([role, channel]) => listener(role, channel)),
    onOrder: (listener) => orders.add(listener),
  };
}
