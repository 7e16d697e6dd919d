import { shellSaysSchema, type ChannelRole, type ShellSays } from '../shared/contract/core-link.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { Listeners } from '../shared/domain/listeners.ts';
import { createFramePump } from '../rpc/frame-pump.ts';
import type { CoreEnd } from './core-end.ts';

type Order = Extract<ShellSays, { kind: 'start' | 'grant' | 'end' }>;

/** Node's IPC as the link: frames travel as messages. For the shell's tests, where no utility process can be had. */
export function createIpcEnd(process: NodeJS.Process): CoreEnd {
  const opened = new Listeners<readonly [ChannelRole, FrameChannel]>();
  const orders = new Listeners<Order>();
  const send = (message: unknown): void => {
    if (process.connected) process.send?.(message);
  };
  const pump = createFramePump(send);
  process.on('message', (raw) => {
    const parsed = shellSaysSchema.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data;
    switch (message.kind) {
      case 'channel':
        if (message.id !== undefined) opened.emit([message.role, pump.channel(message.id)]);
        return;
      case 'frame':
      case 'closed':
        pump.receive(message);
        return;
      case 'start':
      case 'grant':
      case 'end':
        orders.emit(message);
    }
  });
  // The shell is gone: nobody is left to serve.
  process.on('disconnect', () => orders.emit({ kind: 'end' }));
  return {
    say: send,
    onChannel: (listener) => opened.add(([role, channel]) => listener(role, channel)),
    onOrder: (listener) => orders.add(listener),
  };
}
