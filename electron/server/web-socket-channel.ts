import type { WebSocket } from 'ws';

import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { Listeners } from '../shared/domain/listeners.ts';

/** A client this far behind is cut off; it comes back with `since` and gets a snapshot. */
const MOST_BUFFERED_BYTES = 32 * 1024 * 1024;
const CLOSE_UNREADABLE = 1007;
const CLOSE_TRY_AGAIN = 1013;

/** A channel over one WebSocket: one JSON text a frame. */
export function createWebSocketChannel(socket: WebSocket): FrameChannel {
  const messages = new Listeners<unknown>();
  const closes = new Listeners<undefined>();
  socket.on('message', (data, isBinary) => {
    let message: unknown;
    try {
      if (isBinary) throw new Error('binary frame');
      message = JSON.parse((data as Buffer).toString('utf8'));
    } catch {
      socket.close(CLOSE_UNREADABLE);
      return;
    }
    messages.emit(message);
  });
  socket.on('close', () => closes.emit(undefined));
  // `close` follows; without a listener the error would end the process.
  socket.on('error', () => undefined);
  return {
    send: (frame) => {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MOST_BUFFERED_BYTES) {
        socket.close(CLOSE_TRY_AGAIN);
        return;
      }
      socket.send(JSON.stringify(frame));
    },
    onMessage: (listener) => messages.add(listener),
    onClose: (listener) => closes.add(() => listener()),
    close: () => socket.close(),
  };
}
