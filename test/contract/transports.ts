import { MessageChannel } from 'node:worker_threads';

import { WebSocket } from 'ws';

import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { createInMemoryPair } from '../../electron/rpc/in-memory-pair.ts';
import { createMessagePortChannel } from '../../electron/rpc/message-port-channel.ts';
import { serveChannel, type ServeOptions } from '../../electron/rpc/serve-channel.ts';
import { createServer } from '../../electron/server/create-server.ts';
import { createWebSocketChannel } from '../../electron/server/web-socket-channel.ts';
import type { Transport, TransportHost } from './contract-suite.ts';
import { createToyFarEnd } from './toy-contract.ts';

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

/** The toy contract in this process; `open` says how it is reached. */
async function nearHost(
  open: (options: ServeOptions) => Promise<Pick<TransportHost, 'connect' | 'close'>>,
): Promise<TransportHost> {
  const far = createToyFarEnd();
  const { connect, close } = await open(far.serve);
  return {
    connect,
    bump: (times) => {
      for (let count = 0; count < times; count++) far.topics.bump();
      return Promise.resolve();
    },
    defects: () => Promise.resolve(far.defects),
    close: () => {
      far.dispose();
      return close();
    },
  };
}

export const TRANSPORTS: readonly Transport[] = [
  {
    name: 'in-memory pair',
    host: () =>
      nearHost((options) =>
        Promise.resolve({
          connect: () => {
            const [near, far] = createInMemoryPair();
            serveChannel(far, options);
            return Promise.resolve(near);
          },
          close: () => Promise.resolve(),
        }),
      ),
  },
  {
    name: 'message port of Node',
    host: () =>
      nearHost((options) => {
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
      }),
  },
  {
    name: 'WebSocket',
    host: () =>
      nearHost(async (options) => {
        const server = await createServer({ ...options, port: 0, nowMs: Date.now });
        const cookie = await signIn(server.url);
        return {
          connect: async () => createWebSocketChannel(await openSocket(server.port, { cookie })),
          close: () => server.close(),
        };
      }),
  },
];
