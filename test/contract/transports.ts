import { MessageChannel } from 'node:worker_threads';

import { WebSocket } from 'ws';

import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { createInMemoryPair } from '../../electron/rpc/in-memory-pair.ts';
import { createMessagePortChannel } from '../../electron/rpc/message-port-channel.ts';
import { serveChannel, type ServeOptions } from '../../electron/rpc/serve-channel.ts';
import { createServer } from '../../electron/server/create-server.ts';
import { createWebSocketChannel } from '../../electron/server/web-socket-channel.ts';

/** A running far end: every `connect` is a new connection to it. */
export type TransportHost = Readonly<{
  connect(): Promise<FrameChannel>;
  close(): Promise<void>;
}>;

export type Transport = Readonly<{ name: string; host(options: ServeOptions): Promise<TransportHost> }>;

/** Signs in with the one-time token of a printed address; returns the session cookie. */
export async function signIn(url: string): Promise<string> {
  const { origin, hash } = new URL(url);
  const response = await fetch(`${origin}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-legal-eagle': '1' },
    body: JSON.stringify({ token: hash.replace('#token=', '') }),
  });
  const cookie = response.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`sign-in failed: ${String(response.status)}`);
  return cookie;
}

export async function openSocket(port: number, headers: Record<string, string>): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/api/socket`, { headers });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

export const TRANSPORTS: readonly Transport[] = [
  {
    name: 'in-memory pair',
    host: (options: ServeOptions): Promise<TransportHost> =>
      Promise.resolve({
        connect: () => {
          const [near, far] = createInMemoryPair();
          serveChannel(far, options);
          return Promise.resolve(near);
        },
        close: () => Promise.resolve(),
      }),
  },
  {
    // The desktop's transport: Electron's MessagePortMain differs only in what its `message` event wraps.
    name: 'message port',
    host: (options: ServeOptions): Promise<TransportHost> => {
      const opened: FrameChannel[] = [];
      return Promise.resolve({
        connect: () => {
          const { port1, port2 } = new MessageChannel();
          const near = createMessagePortChannel(port1);
          serveChannel(createMessagePortChannel(port2), options);
          opened.push(near);
          return Promise.resolve(near);
        },
        close: () => {
          for (const channel of opened) channel.close();
          return Promise.resolve();
        },
      });
    },
  },
  {
    name: 'WebSocket',
    host: async (options: ServeOptions): Promise<TransportHost> => {
      const server = await createServer({ ...options, port: 0, nowMs: Date.now });
      const cookie = await signIn(server.url);
      return {
        connect: async () => createWebSocketChannel(await openSocket(server.port, { cookie })),
        close: () => server.close(),
      };
    },
  },
];
