import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';

import type { Disposable } from '../shared/contract/disposable.ts';
import type { ErrorCode } from '../shared/contract/errors/index.ts';
import { MAX_FRAME_BYTES } from '../shared/contract/frames.ts';
import { serveChannel, type ServeOptions } from '../rpc/serve-channel.ts';
import { rawRefusal } from './raw-refusal.ts';
import { statusOf } from './status.ts';
import { createWebSocketChannel } from './web-socket-channel.ts';

const SOCKET_PATH = '/api/socket';

/**
 * Upgrades requests that `refuse` has no code for; each socket then talks in frames. A half-open connection
 * (laptop asleep, cable pulled) is noticed after two pings.
 */
export function acceptSockets(
  server: Server,
  options: ServeOptions & Readonly<{ pingMs: number }>,
  refuse: (request: IncomingMessage) => ErrorCode | undefined,
): Disposable {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  const waiting = new WeakSet();

  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const code = request.url === SOCKET_PATH ? refuse(request) : 'server.request_refused';
    if (code !== undefined) {
      stream.end(rawRefusal(statusOf(code), code));
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('pong', () => waiting.delete(socket));
      serveChannel(createWebSocketChannel(socket), options);
    });
  };
  server.on('upgrade', onUpgrade);

  const pinging = setInterval(() => {
    for (const socket of sockets.clients) {
      if (waiting.has(socket)) socket.terminate();
      else {
        waiting.add(socket);
        socket.ping();
      }
    }
  }, options.pingMs);
  pinging.unref();

  return {
    dispose: () => {
      clearInterval(pinging);
      server.off('upgrade', onUpgrade);
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
