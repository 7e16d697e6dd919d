import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { PATIENCE } from '../../electron/server/patience.ts';
import { createWebSocketChannel } from '../../electron/server/web-socket-channel.ts';
import { MAX_FRAME_BYTES } from '../../electron/shared/contract/frames.ts';
import { createRpcClient } from '../../electron/shared/contract/rpc-client.ts';
import { ServerHarness } from './server-harness.ts';
import type { TOY_CONTRACT } from './toy-contract.ts';
import { openSocket } from './transports.ts';

/** A guard that is gone lets these wait for ever: the limit of the test is what fails then. */
const GIVE_UP_MS = 20_000;
/** Short for a test, long for a busy machine that sends an honest request. */
const SHORT_MS = 1000;
/** Long enough for a busy machine to answer within. */
const LIVELY_MS = 2000;
const SECURITY = /^content-security-policy: default-src 'none'; script-src 'self';/imu;

let harness: ServerHarness;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  harness = new ServerHarness();
  harness.patience = { requestMs: SHORT_MS, uploadSilenceMs: LIVELY_MS, pingMs: LIVELY_MS };
  await harness.open();
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await harness.close();
});

/** Bytes on a plain connection that stays open; what the server says until it ends the connection. */
function say(bytes: string): { socket: Socket; answer: Promise<string> } {
  const socket = connect(harness.server.port, '127.0.0.1');
  sockets.push(socket);
  // The server's end of an ended connection may come as a reset.
  socket.on('error', () => undefined);
  socket.write(bytes);
  const answer = text(socket).catch(() => 'reset');
  return { socket, answer };
}

const head = (target: string, more: Readonly<Record<string, string>>): string => {
  const lines = Object.entries({ ...harness.ownHeaders, ...more }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
};

describe('a client that never finishes', () => {
  it('its request is given up: nothing, half a head', { timeout: GIVE_UP_MS }, async () => {
    const tries = ['', 'GET / HTTP/1.1\r\nhost: ', `GET / HTTP/1.1\r\nhost: ${harness.host}\r\nx-slow: a`];
    for (const bytes of tries) expect(await say(bytes).answer).toMatch(/^HTTP\/1\.1 408 /u);
  });

  it('its body is given up, also one that drips', { timeout: GIVE_UP_MS }, async () => {
    const json = { 'content-type': 'application/json', 'content-length': '900' };
    for (const target of ['POST /api/session', 'POST /api/folder', 'POST /nowhere']) {
      const { socket, answer } = say(head(target, json));
      const dripping = setInterval(() => socket.write(' '), SHORT_MS / 10);
      await answer;
      clearInterval(dripping);
    }
  });

  it('an upload that falls silent ends, and leaves nothing', { timeout: GIVE_UP_MS }, async () => {
    const upload = { 'content-type': 'application/octet-stream', 'content-length': '900' };
    const { answer } = say(`${head('PUT /api/uploads/a.jsonl', upload)}{"input":`);
    await answer;
    const kept = (): readonly string[] =>
      readdirSync(harness.uploadsDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name);
    await expect.poll(kept).toEqual([]);
  });

  // The limit of a request must not be the limit of a file of many gigabytes.
  it('an upload that is slow but alive is taken', { timeout: GIVE_UP_MS }, async () => {
    const pieces = Array.from({ length: 12 }, (_, at) => `{"row":${String(at).padStart(3, '0')}}\n`);
    const bytes = pieces.join('').length;
    const upload = { 'content-type': 'application/octet-stream', 'content-length': String(bytes) };
    const { socket, answer } = say(head('PUT /api/uploads/slow.jsonl', { ...upload, connection: 'close' }));
    for (const piece of pieces) {
      await new Promise((resolve) => setTimeout(resolve, SHORT_MS / 4));
      socket.write(piece);
    }
    expect(await answer).toContain(`"bytes":${String(bytes)}`);
  });
});

describe('too much at once', () => {
  it('a head of many kilobytes is refused', async () => {
    const { answer } = say(
      `GET / HTTP/1.1\r\nhost: ${harness.host}\r\nx-long: ${'a'.repeat(70_000)}\r\n\r\n`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 431 |^reset$/u);
  });

  it('a body that is no upload and larger than a form is refused', async () => {
    for (const target of ['/api/session', '/api/folder']) {
      const answer = await harness.ask(target, {
        method: 'POST',
        headers: { ...harness.ownHeaders, 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ path: 'a'.repeat(20_000), token: 'a' })),
      });
      expect(answer).toMatchObject({ status: 400, code: 'server.request_refused' });
    }
  });

  it('what is no HTTP is refused like everything else', async () => {
    const answer = await say('\u0016\u0003\u0001 hello\r\n\r\n').answer;
    expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
    expect(answer).toMatch(SECURITY);
    expect(answer).toContain('server.request_refused');
  });

  it('a frame above the limit ends its own connection and no other', async () => {
    const { cookie } = harness;
    const [good, bad] = [
      await openSocket(harness.server.port, { cookie }),
      await openSocket(harness.server.port, { cookie }),
    ];
    const closed = new Promise<number>((resolve) => bad.once('close', resolve));
    bad.send(JSON.stringify({ k: 'req', id: 1, method: 'x', params: 'a'.repeat(MAX_FRAME_BYTES) }));
    expect(await closed).toBe(1009);
    const client = createRpcClient<typeof TOY_CONTRACT>();
    client.attach(createWebSocketChannel(good));
    await client.call('toy.echo', { text: 'still here' });
    expect(harness.called).toEqual(['toy.echo']);
    client.dispose();
  });

  it('a refused socket is told so under the policy, and its connection ends', async () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', cookie: 'none' };
    const answer = await say(head('GET /api/socket', upgrade)).answer;
    expect(answer).toMatch(/^HTTP\/1\.1 401 /u);
    expect(answer).toMatch(SECURITY);
  });
});

describe('a laptop that sleeps', () => {
  it(
    'is let go, and resumes where it was, with nothing lost or doubled',
    { timeout: GIVE_UP_MS },
    async () => {
      const { topics, server, cookie } = harness;
      const address = `ws://127.0.0.1:${String(server.port)}/api/socket`;
      const counts: unknown[] = [];
      const client = createRpcClient();
      const asleep = new WebSocket(address, { headers: { cookie }, autoPong: false });
      await new Promise((resolve) => asleep.once('open', resolve));
      const gone = new Promise((resolve) => asleep.once('close', resolve));
      client.attach(createWebSocketChannel(asleep));
      client.subscribe('counter', ({ data }) => counts.push((data as { count: number }).count));
      await expect.poll(() => counts).toEqual([0]);
      topics.bump();
      await gone;
      topics.bump();
      topics.bump();
      const awake = await openSocket(server.port, { cookie });
      client.attach(createWebSocketChannel(awake));
      await expect.poll(() => counts).toEqual([0, 1, 2, 3]);
      client.dispose();
    },
  );

  it('an answering client stays, however many pings come', { timeout: GIVE_UP_MS }, async () => {
    const socket = await openSocket(harness.server.port, { cookie: harness.cookie });
    let pings = 0;
    let closes = 0;
    socket.on('ping', () => (pings += 1));
    socket.on('close', () => (closes += 1));
    await expect.poll(() => pings, { timeout: GIVE_UP_MS }).toBeGreaterThan(2);
    expect(closes).toBe(0);
    socket.terminate();
  });

  it('waits for people in minutes, not for ever', () => {
    expect(PATIENCE.requestMs).toBeLessThanOrEqual(60_000);
    expect(PATIENCE.uploadSilenceMs).toBeLessThanOrEqual(600_000);
    expect(PATIENCE.pingMs).toBeLessThanOrEqual(60_000);
  });
});
