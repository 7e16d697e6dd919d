import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { Listeners } from '../shared/domain/listeners.ts';

/** The part of a message port that Node's `MessagePort` and Electron's `MessagePortMain` have in common. */
export type PortLike = {
  postMessage(message: unknown): void;
  on(event: 'message' | 'close', listener: (value: unknown) => void): unknown;
  start(): void;
  close(): void;
};

/**
 * A channel over a message port. `unwrap` takes the frame out of what the port's `message` event carries:
 * Node hands over the message itself, Electron an event with `data`.
 */
export function createMessagePortChannel(
  port: PortLike,
  unwrap: (event: unknown) => unknown = (message) => message,
): FrameChannel {
  const messages = new Listeners<unknown>();
  const closes = new Listeners<undefined>();
  let open = true;
  port.on('message', (event) => messages.emit(unwrap(event)));
  port.on('close', () => {
    open = false;
    closes.emit(undefined);
  });
  port.start();
  return {
    send: (frame) => {
      if (open) port.postMessage(frame);
    },
    onMessage: (listener) => messages.add(listener),
    onClose: (listener) => closes.add(() => listener()),
    close: () => port.close(),
  };
}
