import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDispatcher } from '../../electron/rpc/dispatcher.ts';
import { createTopicHub } from '../../electron/rpc/topic-hub.ts';
import { createServer } from '../../electron/server/create-server.ts';
import { STUDIO_CONTRACT } from '../../electron/shared/contract/index.ts';
import { TERMINAL_METHODS } from '../../electron/shared/contract/methods/terminal.ts';
import { ServerHarness } from './server-harness.ts';
import { TOY_CONTRACT, toyHandlers, ToyTopics } from './toy-contract.ts';
import { signIn } from './transports.ts';

let harness: ServerHarness;

beforeEach(async () => {
  harness = await new ServerHarness().open();
});

afterEach(async () => {
  await harness.close();
});

describe('pages', () => {
  it('come with the policy that keeps foreign script out, and so does every refusal', async () => {
    const answers = [
      await harness.ask('/'),
      await harness.ask('/assets/index-abc.js'),
      await harness.ask('/nowhere'),
      await harness.ask('/', { headers: { host: 'evil.example' } }),
    ];
    for (const { headers } of answers) {
      const policy = String(headers['content-security-policy']).split('; ');
      expect(policy).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        'trusted-types default',
      ]);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 403]);
  });

  it('are those of the table and nothing else of the disk', async () => {
    const tries = [
      '/../outside.txt',
      '/assets/../../outside.txt',
      '/assets/..%2f..%2foutside.txt',
      '/assets/%2e%2e/%2e%2e/outside.txt',
      '/assets/..%5c..%5coutside.txt',
      '/assets/index-abc.js%00.html',
      '/assets/index-abc.js::$DATA',
      '/assets',
      '/assets/',
      '/private.key',
      encodeURI(`/${harness.dir}/outside.txt`),
      '//outside.txt',
    ];
    for (const target of tries) {
      const answer = await harness.ask(target);
      expect([400, 404], target).toContain(answer.status);
      expect(answer.text, target).not.toContain('secret');
    }
  });

  it('let a browser keep what is named after its content, and ask again for the rest', async () => {
    expect((await harness.ask('/assets/index-abc.js')).headers['cache-control']).toContain('immutable');
    expect((await harness.ask('/')).headers['cache-control']).toBe('no-cache');
  });
});

describe('what this server does not have', () => {
  it('a method that runs programs besides those of the terminal, which it must be allowed', () => {
    const methods = Object.keys(STUDIO_CONTRACT).filter((name) => /terminal|shell|exec|spawn/u.test(name));
    // What the desktop's own shell is made of; it runs nothing.
    expect(methods.filter((name) => name !== 'host.shell')).toEqual(Object.keys(TERMINAL_METHODS));
  });

  it('a terminal, an upload or a folder for strangers', async () => {
    expect((await harness.ask('/api/terminal')).status).toBe(404);
    expect((await harness.ask('/api/terminal', { method: 'POST' })).status).toBe(404);
    const upgrade = { ...harness.ownHeaders, connection: 'Upgrade', upgrade: 'websocket' };
    expect((await harness.ask('/api/terminal', { headers: upgrade })).code).toBe('server.request_refused');
    expect((await harness.ask('/api/session', { headers: { host: harness.host } })).code).toBe(
      'server.request_refused',
    );
    const noCookie = { ...harness.ownHeaders, cookie: '' };
    expect(await harness.ask('/api/session', { headers: noCookie })).toMatchObject({
      status: 401,
      code: 'server.session_missing',
    });
  });
});

describe('an address for one more browser', () => {
  it('works once and ends the one that nobody used', async () => {
    const first = harness.server.renewUrl();
    const second = harness.server.renewUrl();
    await expect(signIn(first)).rejects.toThrow('401');
    expect(await signIn(second)).toMatch(/^legal_eagle_session=/u);
    await expect(signIn(second)).rejects.toThrow('401');
  });
});

describe('beyond the loopback', () => {
  const options = {
    port: 0,
    nowMs: () => 0,
    dispatcher: createDispatcher(TOY_CONTRACT, toyHandlers),
    hub: createTopicHub(new ToyTopics(), () => 0),
    onDefect: () => undefined,
  };

  it.each(['0.0.0.0', '::', '192.168.1.20', 'rig.local'])('%s asks for a certificate', async (host) => {
    await expect(createServer({ ...options, host })).rejects.toMatchObject({
      code: 'server.certificate_required',
    });
  });

  it('TLS serves with a cookie that never crosses in the clear, to its own names only', async () => {
    const folder = path.join(import.meta.dirname, '../fixtures/tls');
    const cert = readFileSync(path.join(folder, 'cert.pem'));
    const key = readFileSync(path.join(folder, 'key.pem'));
    const server = await createServer({ ...options, host: '127.0.0.1', certificate: { cert, key } });
    const post = (headers: Record<string, string>): Promise<{ status: number; cookie: string }> =>
      new Promise((resolve, reject) => {
        const sent = request(
          {
            host: '127.0.0.1',
            port: server.port,
            path: '/api/session',
            method: 'POST',
            ca: cert,
            // The name in the Host header is what is tried here, not the certificate's.
            checkServerIdentity: () => undefined,
            headers: { 'content-type': 'application/json', 'x-legal-eagle': '1', ...headers },
          },
          (response) => {
            response.resume();
            const cookie = response.headers['set-cookie']?.[0] ?? '';
            response.on('end', () => resolve({ status: response.statusCode ?? 0, cookie }));
          },
        );
        sent.on('error', reject);
        sent.end(JSON.stringify({ token: new URL(server.url).hash.replace('#token=', '') }));
      });
    try {
      const host = `127.0.0.1:${String(server.port)}`;
      expect(server.url.startsWith(`https://${host}/#token=`)).toBe(true);
      expect((await post({ host, origin: `http://${host}` })).status).toBe(403);
      expect((await post({ host: 'evil.example' })).status).toBe(403);
      const { status, cookie } = await post({ host, origin: `https://${host}` });
      expect(status).toBe(200);
      expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Secure$/u);
    } finally {
      await server.close();
    }
  });
});
