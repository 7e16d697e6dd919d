import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { fastify, type FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { z } from 'zod';

import type { Disposable } from '../shared/contract/disposable.ts';
import type { ErrorCode } from '../shared/contract/errors/index.ts';
import { MAX_FRAME_BYTES } from '../shared/contract/frames.ts';
import { StudioError, toErrorBody } from '../shared/contract/studio-error.ts';
import { serveChannel, type ServeOptions } from '../rpc/serve-channel.ts';
import { createRequestGuard, REQUEST_HEADER, type RequestGuard } from './request-guard.ts';
import { createSessionGate } from './session-gate.ts';
import { createWebSocketChannel } from './web-socket-channel.ts';

const LOOPBACK = '127.0.0.1';
/** Names a browser on this machine may know the loopback address by. */
const LOOPBACK_NAMES = [LOOPBACK, 'localhost'];
const SOCKET_PATH = '/api/socket';
/** A half-open connection (laptop asleep, cable pulled) is noticed after two of these. */
const PING_INTERVAL_MS = 30_000;
const FORBIDDEN = 403;
const STATUS: Partial<Record<ErrorCode, number>> = {
  'server.session_missing': 401,
  'server.token_invalid': 401,
  'server.too_many_attempts': 429,
};

export type ServerOptions = ServeOptions & {
  /** 0 takes any free port. */
  readonly port: number;
  readonly nowMs: () => number;
};

export type StudioServer = {
  readonly port: number;
  /** The address to open, with its one-time token in the fragment, which browsers never send or log. */
  readonly url: string;
  close(): Promise<void>;
};

/** Serves the contract on the loopback address: a token exchange over HTTP, frames over a WebSocket. */
export async function createServer(options: ServerOptions): Promise<StudioServer> {
  const gate = createSessionGate(options.nowMs);
  const app = fastify({ bodyLimit: 4096, forceCloseConnections: true });
  const guard: { current: RequestGuard | undefined } = { current: undefined };

  app.addHook('onRequest', async (request, reply) => {
    const refusal =
      guard.current === undefined ? 'server.host_refused' : guard.current.check(request.headers);
    if (refusal !== undefined) await reply.code(FORBIDDEN).send({ error: { code: refusal, params: {} } });
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const body = toErrorBody(error);
    const code = error instanceof StudioError ? (STATUS[body.code as ErrorCode] ?? FORBIDDEN) : 400;
    // Fastify's own refusals (size, content type, JSON) are the caller's fault, never a defect of ours.
    const refused = error instanceof StudioError ? body : { code: 'server.request_refused', params: {} };
    await reply.code(code).send({ error: refused });
  });
  app.post('/api/session', async (request, reply) => {
    if (request.headers[REQUEST_HEADER] === undefined) throw new StudioError('server.request_refused');
    const parsed = z.strictObject({ token: z.string().max(200) }).safeParse(request.body);
    if (!parsed.success) throw new StudioError('server.request_refused');
    await reply.header('set-cookie', gate.exchange(parsed.data.token)).send({ ok: true });
  });

  await app.listen({ host: LOOPBACK, port: options.port });
  const address = app.server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address with a port');
  const requestGuard = createRequestGuard(LOOPBACK_NAMES, address.port);
  guard.current = requestGuard;
  const sockets = acceptSockets(app, options, (request) => {
    const refusal = requestGuard.check(request.headers);
    if (refusal !== undefined) return refusal;
    return gate.admits(request.headers.cookie) ? undefined : 'server.session_missing';
  });

  return {
    port: address.port,
    url: `http://${LOOPBACK}:${address.port}/#token=${gate.token}`,
    close: async () => {
      sockets.dispose();
      await app.close();
    },
  };
}

function acceptSockets(
  app: FastifyInstance,
  options: ServeOptions,
  refuse: (request: IncomingMessage) => ErrorCode | undefined,
): Disposable {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  const waiting = new WeakSet();

  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const code = request.url === SOCKET_PATH ? refuse(request) : 'server.request_refused';
    if (code !== undefined) {
      const body = JSON.stringify({ error: { code, params: {} } });
      stream.end(
        `HTTP/1.1 ${STATUS[code] ?? FORBIDDEN} Refused\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('pong', () => waiting.delete(socket));
      serveChannel(createWebSocketChannel(socket), options);
    });
  };
  app.server.on('upgrade', onUpgrade);

  const pinging = setInterval(() => {
    for (const socket of sockets.clients) {
      if (waiting.has(socket)) socket.terminate();
      else {
        waiting.add(socket);
        socket.ping();
      }
    }
  }, PING_INTERVAL_MS);
  pinging.unref();

  return {
    dispose: () => {
      clearInterval(pinging);
      app.server.off('upgrade', onUpgrade);
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
