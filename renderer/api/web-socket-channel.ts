import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { Listeners } from '../../electron/shared/domain/listeners.ts';

/** A channel over the browser's own WebSocket: one JSON text a frame. */
export function createBrowserChannel(socket: WebSocket): FrameChannel {
  const messages = new Listeners<unknown>();
  const closes = new Listeners<undefined>();
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    let message: unknown;
    try {
      if (typeof event.data !== 'string') throw new TypeError('binary frame');
      message = JSON.parse(event.data);
    } catch {
      socket.close();
      return;
    }
    messages.emit(message);
  });
  socket.addEventListener('close', () => closes.emit(undefined));
  return {
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    onMessage: (listener) => messages.add(listener),
    onClose: (listener) => closes.add(() => listener()),
    close: () => socket.close(),
  };
}
