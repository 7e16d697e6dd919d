import type { Disposable } from '../shared/contract/disposable.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { Listeners } from '../shared/domain/listeners.ts';

export type PumpMessage =
  Readonly<{ kind: 'frame'; id: number; frame: unknown }> | Readonly<{ kind: 'closed'; id: number }>;

/** Several channels over one message pipe that cannot carry ports (Node's IPC). Both ends hold one. */
export type FramePump = Disposable & {
  /** This end of the channel with that number. */
  channel(id: number): FrameChannel;
  /** What arrived over the pipe. Frames of an unknown channel are dropped: it was closed meanwhile. */
  receive(message: PumpMessage): void;
};

type Entry = Readonly<{ messages: Listeners<unknown>; closes: Listeners<undefined> }>;

export function createFramePump(send: (message: PumpMessage) => void): FramePump {
  const channels = new Map<number, Entry>();
  const close = (id: number): void => {
    const entry = channels.get(id);
    channels.delete(id);
    entry?.closes.emit(undefined);
  };
  return {
    channel: (id) => {
      const entry: Entry = { messages: new Listeners(), closes: new Listeners() };
      channels.set(id, entry);
      return {
        send: (frame) => {
          if (channels.get(id) === entry) send({ kind: 'frame', id, frame });
        },
        onMessage: (listener) => entry.messages.add(listener),
        onClose: (listener) => entry.closes.add(() => listener()),
        close: () => {
          if (channels.get(id) !== entry) return;
          send({ kind: 'closed', id });
          close(id);
        },
      };
    },
    receive: (message) => {
      if (message.kind === 'closed') close(message.id);
      else channels.get(message.id)?.messages.emit(message.frame);
    },
    dispose: () => {
      for (const id of [...channels.keys()]) close(id);
    },
  };
}
