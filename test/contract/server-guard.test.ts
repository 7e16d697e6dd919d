import { request } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDispatcher } from '../../electron/rpc/dispatcher.ts';
import { createTopicHub } from '../../electron/rpc/topic-hub.ts';
import { createServer, type StudioServer } from '../../electron/server/create-server.ts';
import { ServerHarness } from './server-harness.ts';
import { TOY_CONTRACT, ToyTopics, toyHandlers } from './toy-contract.ts';
import { openSocket, signIn } from './transports.ts';

type Answer = {
  readonly status: number;
  readonly code: string | undefined;
  readonly cookie: string | undefined;
};

let server: StudioServer;
let nowMs: number;

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  server = await createServer({
    port: 0,
    nowMs: () => nowMs,
    dispatcher: createDispatcher(TOY_CONTRACT, toyHandlers),
    hub: createTopicHub(new ToyTopics(), () => nowMs),
    onDefect: () => undefined,
  });
});

afterEach(async () => {
  await server.close();
});

const token = (): string => new URL(server.url).hash.replace('#token=', '');

/** A POST to the sign-in with exactly these headers, which a browser's fetch would not let us set. */
function post(headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: server.port, path: '/api/session', method: 'POST', headers },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const parsed = JSON.parse(text) as { error?: { code: string } };
          const cookie = response.headers['set-cookie']?.[0];
          resolve({ status: response.statusCode ?? 0, code: parsed.error?.code, cookie });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const goodHeaders = (): Record<string, string> => ({
  host: `127.0.0.1:${String(server.port)}`,
  'content-type': 'application/json',
  'x-legal-eagle': '1',
});
const signInBody = (): string => JSON.stringify({ token: token() });

describe('Host', () => {
  // A page whose own name resolves to 127.0.0.1 (DNS rebinding) sends that name, or something that parses like ours.
  it.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost.:PORT',
    'localhost:PORT.evil.example',
    '[::1]evil:PORT',
    '[::1]:PORT',
    '0.0.0.0:PORT',
    '127.0.0.1:PORT@evil.example',
  ])('refuses %j', async (host) => {
    const headers = { ...goodHeaders(), host: host.replace('PORT', String(server.port)) };
    expect(await post(headers, signInBody())).toMatchObject({ status: 403, code: 'server.host_refused' });
  });

  it('takes localhost', async () => {
    const headers = { ...goodHeaders(), host: `localhost:${String(server.port)}` };
    expect((await post(headers, signInBody())).status).toBe(200);
  });
});

describe('Origin', () => {
  it.each(['null', 'http://evil.example', 'https://127.0.0.1:PORT', 'http://127.0.0.1', 'file://'])(
    'refuses %j',
    async (origin) => {
      const headers = { ...goodHeaders(), origin: origin.replace('PORT', String(server.port)) };
      expect(await post(headers, signInBody())).toMatchObject({ status: 403, code: 'server.origin_refused' });
    },
  );
});

describe('every door', () => {
  const DOORS = [
    ['GET', '/'],
    ['GET', '/assets/index-abc.js'],
    ['GET', '/nowhere'],
    ['GET', '/api/session'],
    ['POST', '/api/session'],
    ['POST', '/api/folder'],
    ['PUT', '/api/uploads/rows.jsonl'],
    ['OPTIONS', '/api/uploads/rows.jsonl'],
    ['DELETE', '/api/session'],
  ] as const;
  let harness: ServerHarness;

  beforeEach(async () => {
    harness = await new ServerHarness().open();
  });

  afterEach(async () => {
    await harness.close();
  });

  // The guards stand before the routes: a door that is built later is behind them too.
  it.each(DOORS)('%s %s is closed to a foreign Host and a foreign Origin', async (method, target) => {
    const tries = [
      [{ host: 'evil.example' }, 'server.host_refused'],
      [{ host: `evil.example:${String(harness.server.port)}` }, 'server.host_refused'],
      [{ origin: 'http://evil.example' }, 'server.origin_refused'],
      // Another program's page on this machine: browsers send it our cookie, ports do not part them.
      [{ origin: 'http://127.0.0.1:1' }, 'server.origin_refused'],
      [{ origin: 'null' }, 'server.origin_refused'],
    ] as const;
    for (const [foreign, code] of tries) {
      const answer = await harness.ask(target, { method, headers: { ...harness.ownHeaders, ...foreign } });
      expect(answer, JSON.stringify(foreign)).toMatchObject({ status: 403, code });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('asks for a session and for our own header at each that gives or takes something', async () => {
    const { cookie: _cookie, ...stranger } = harness.ownHeaders;
    const { 'x-legal-eagle': _header, ...form } = harness.ownHeaders;
    for (const [method, target] of [
      ['GET', '/api/session'],
      ['POST', '/api/folder'],
      ['PUT', '/api/uploads/rows.jsonl'],
    ] as const) {
      const type = { 'content-type': method === 'PUT' ? 'application/octet-stream' : 'application/json' };
      const body = method === 'GET' ? {} : { body: Buffer.from('{}') };
      expect(
        await harness.ask(target, { method, headers: { ...stranger, ...type }, ...body }),
        target,
      ).toMatchObject({ status: 401, code: 'server.session_missing' });
      expect(
        await harness.ask(target, { method, headers: { ...form, ...type }, ...body }),
        target,
      ).toMatchObject({ status: 403, code: 'server.request_refused' });
    }
  });
});

describe('sign-in', () => {
  it('gives a session cookie that scripts and other sites cannot use', async () => {
    const { status, cookie } = await post(goodHeaders(), signInBody());
    expect(status).toBe(200);
    expect(cookie).toMatch(/^legal_eagle_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/u);
  });

  it('takes the token once', async () => {
    await post(goodHeaders(), signInBody());
    expect(await post(goodHeaders(), signInBody())).toMatchObject({
      status: 401,
      code: 'server.token_invalid',
    });
  });

  it('refuses what a form of another site can send', async () => {
    const form = { ...goodHeaders(), 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post(form, `token=${token()}`)).code).toBe('server.request_refused');
    const plain = { ...goodHeaders(), 'content-type': 'text/plain' };
    expect((await post(plain, signInBody())).code).toBe('server.request_refused');
    const { 'x-legal-eagle': _header, ...bare } = goodHeaders();
    expect((await post(bare, signInBody())).code).toBe('server.request_refused');
    // None of them has used the token up.
    expect((await post(goodHeaders(), signInBody())).status).toBe(200);
  });

  it('pauses after ten wrong tokens, also for the right one', async () => {
    const wrong = JSON.stringify({ token: 'x'.repeat(43) });
    for (let attempt = 0; attempt < 10; attempt++) await post(goodHeaders(), wrong);
    expect((await post(goodHeaders(), signInBody())).code).toBe('server.too_many_attempts');
    nowMs += 60_001;
    expect((await post(goodHeaders(), signInBody())).status).toBe(200);
  });
});

describe('WebSocket', () => {
  it('opens with a session and for our own page only', async () => {
    const cookie = await signIn(server.url);
    await expect(openSocket(server.port, {})).rejects.toThrow('401');
    await expect(openSocket(server.port, { cookie: `${cookie}x` })).rejects.toThrow('401');
    await expect(openSocket(server.port, { cookie, origin: 'http://evil.example' })).rejects.toThrow('403');
    await expect(openSocket(server.port, { cookie, origin: 'null' })).rejects.toThrow('403');
    await expect(openSocket(server.port, { cookie, host: 'evil.example' })).rejects.toThrow('403');
    const socket = await openSocket(server.port, {
      cookie,
      origin: `http://127.0.0.1:${String(server.port)}`,
    });
    socket.close();
  });

  it('closes a connection that sends what is not JSON', async () => {
    const socket = await openSocket(server.port, { cookie: await signIn(server.url) });
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send('{"k":');
    expect(await closed).toBe(1007);
  });
});
