import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createRpcClient } from '../../electron/shared/contract/rpc-client.ts';
import type { StudioContract } from '../../electron/shared/contract/index.ts';
import { createWebSocketChannel } from '../../electron/server/web-socket-channel.ts';
import { MAX_UPLOAD_BYTES, RESERVE_BYTES, ServerHarness } from './server-harness.ts';
import { openSocket } from './transports.ts';

let harness: ServerHarness;

beforeEach(async () => {
  harness = await new ServerHarness().open();
});

afterEach(async () => {
  await harness.close();
});

const CONTENT = Buffer.from('{"input":"问","output":"答"}\n');

/** Files that an upload has left, whole or in parts. */
const leftBehind = (): readonly string[] =>
  readdirSync(harness.uploadsDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

describe('an upload', () => {
  it('arrives whole, under its own name, in a folder of its own', async () => {
    const first = await harness.upload(encodeURIComponent('法律 问答.jsonl'), CONTENT);
    const second = await harness.upload(encodeURIComponent('法律 问答.jsonl'), CONTENT);
    expect([first.status, second.status]).toEqual([200, 200]);
    const [one, two] = [first, second].map(({ text }) => JSON.parse(text) as { path: string; bytes: number });
    expect(one?.path).not.toBe(two?.path);
    expect(path.basename(one?.path ?? '')).toBe('法律 问答.jsonl');
    expect(one?.path.startsWith(harness.uploadsDir)).toBe(true);
    expect(readFileSync(one?.path ?? '')).toEqual(CONTENT);
  });

  // A form on another site sends cookies of older browsers, but neither our header nor this content type.
  it('is refused from strangers and other sites, before a byte is kept', async () => {
    const { host } = harness;
    const cases: readonly (readonly [Record<string, string>, number, string])[] = [
      [{ cookie: '' }, 401, 'server.session_missing'],
      [{ cookie: 'legal_eagle_session=x' }, 401, 'server.session_missing'],
      [{ origin: 'http://evil.example' }, 403, 'server.origin_refused'],
      [{ origin: 'null' }, 403, 'server.origin_refused'],
      [{ host: 'evil.example' }, 403, 'server.host_refused'],
      [{ 'content-type': 'text/plain' }, 403, 'server.request_refused'],
      [{ 'content-type': 'multipart/form-data; boundary=x' }, 400, 'server.request_refused'],
    ];
    for (const [headers, status, code] of cases)
      expect(await harness.upload('a.jsonl', CONTENT, headers), JSON.stringify(headers)).toMatchObject({
        status,
        code,
      });
    const { 'x-legal-eagle': _header, ...bare } = harness.ownHeaders;
    const form = await harness.ask('/api/uploads/a.jsonl', {
      method: 'PUT',
      headers: { ...bare, host, 'content-type': 'application/octet-stream', 'content-length': '1' },
      body: Buffer.from('x'),
    });
    expect(form.code).toBe('server.request_refused');
    expect(leftBehind()).toEqual([]);
  });

  it.each([
    '..',
    '.',
    '.hidden',
    'a/b',
    'a\\b',
    'C:x',
    'NUL',
    'con.jsonl',
    'x.',
    'x ',
    'a\u0000b',
    'a\nb',
    'é'.repeat(150),
  ])('is refused under the name %j', async (name) => {
    const answer = await harness.upload(encodeURIComponent(name), CONTENT);
    expect([400, 404], name).toContain(answer.status);
    expect(leftBehind()).toEqual([]);
  });

  it('keeps a long Chinese name', async () => {
    const name = `${'最高人民法院关于适用民法典的解释'.repeat(4)}.jsonl`;
    const answer = await harness.upload(encodeURIComponent(name), CONTENT);
    expect([answer.status, leftBehind()]).toEqual([200, [name]]);
  });

  it('that is cut in the middle leaves nothing', async () => {
    const cut = harness.ask('/api/uploads/a.jsonl', {
      method: 'PUT',
      headers: {
        ...harness.ownHeaders,
        'content-type': 'application/octet-stream',
        'content-length': '900',
      },
      body: CONTENT,
      cut: true,
    });
    await expect(cut).rejects.toThrow();
    await expect.poll(leftBehind).toEqual([]);
    expect((await harness.upload('a.jsonl', CONTENT)).status).toBe(200);
  });

  it('without its length, which a cut one would lack too, is refused', async () => {
    const answer = await harness.ask('/api/uploads/a.jsonl', {
      method: 'PUT',
      headers: {
        ...harness.ownHeaders,
        'content-type': 'application/octet-stream',
        'transfer-encoding': 'chunked',
      },
      body: CONTENT,
    });
    expect(answer).toMatchObject({ status: 411, code: 'server.upload_length' });
    expect(leftBehind()).toEqual([]);
  });

  it('larger than the limit, or than the disk, is refused before it is read', async () => {
    const large = Buffer.alloc(MAX_UPLOAD_BYTES + 1);
    expect(await harness.upload('a.jsonl', large)).toMatchObject({
      status: 413,
      code: 'server.upload_too_large',
    });
    harness.freeBytes = RESERVE_BYTES + CONTENT.length - 1;
    expect(await harness.upload('a.jsonl', CONTENT)).toMatchObject({ status: 507, code: 'server.disk_full' });
    harness.freeBytes += 1;
    expect((await harness.upload('a.jsonl', CONTENT)).status).toBe(200);
  });
});

describe('paths of the rig', () => {
  const list = (wanted?: string): ReturnType<ServerHarness['ask']> =>
    harness.ask('/api/folder', {
      method: 'POST',
      headers: { ...harness.ownHeaders, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(wanted === undefined ? {} : { path: wanted })),
    });

  it('a browser sees the granted folders and nothing beside or above them', async () => {
    const { granted, dir } = harness;
    writeFileSync(path.join(granted, 'rows.jsonl'), 'x');
    mkdirSync(`${granted}-beside`);
    symlinkSync(dir, path.join(granted, 'out'));
    expect((await list()).text).toContain(granted);
    expect((await list(granted)).text).toContain('rows.jsonl');
    for (const wanted of [
      '/',
      dir,
      `${granted}-beside`,
      path.join(granted, '..'),
      `${granted}/../outside.txt`,
      path.join(granted, 'out'),
      'granted',
      '.',
      `${granted}\u0000`,
      path.join(granted, 'rows.jsonl'),
    ])
      expect(await list(wanted), wanted).toMatchObject({ status: 403, code: 'server.path_refused' });
  });

  it('no method of the core is given a path outside them', async () => {
    const { granted, dir } = harness;
    symlinkSync(dir, path.join(granted, 'out'));
    const client = createRpcClient<StudioContract>();
    client.attach(createWebSocketChannel(await openSocket(harness.server.port, { cookie: harness.cookie })));
    const outside = path.join(dir, 'outside.txt');
    const refused = { code: 'server.path_refused' };
    for (const bad of [
      outside,
      `${granted}/../outside.txt`,
      path.join(granted, 'out', 'outside.txt'),
      'x.jsonl',
    ]) {
      await expect(client.call('datasets.import', { sources: [granted, bad] })).rejects.toMatchObject(
        refused,
      );
      await expect(client.call('datasets.inspect', { sources: [bad] })).rejects.toMatchObject(refused);
      await expect(client.call('models.add', { path: bad })).rejects.toMatchObject(refused);
      await expect(client.call('runs.adopt', { path: bad })).rejects.toMatchObject(refused);
      await expect(client.call('runs.export', { run: 'x', path: bad })).rejects.toMatchObject(refused);
    }
    const recipe = { model: outside, dataset: 'rows' };
    await expect(client.call('runs.start', { recipe })).rejects.toMatchObject(refused);
    await expect(client.call('preflight.estimate', { recipe })).rejects.toMatchObject(refused);
    expect(harness.called).toEqual([]);
    await client.call('runs.export', { run: 'x', path: path.join(granted, 'new', 'folder') });
    await client.call('runs.start', { recipe: { model: 'a model', dataset: 'rows' } });
    expect(harness.called).toEqual(['runs.export', 'runs.start']);
    expect(existsSync(path.join(granted, 'new'))).toBe(false);
    client.dispose();
  });
});
