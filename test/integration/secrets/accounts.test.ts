import { readFileSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { HandedToken } from '../../../electron/core/ports.ts';
import { STUDIO_CONTRACT } from '../../../electron/shared/contract/index.ts';
import { KEYRING_CONTRACT } from '../../../electron/shared/contract/keyring-contract.ts';
import { failure, TestStudio } from '../core/core-harness.ts';

const TOKEN = 'ms-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const PASSPHRASE = 'correct horse';

const HANDED: readonly HandedToken[] = [
  {
    hub: 'huggingface',
    origin: 'https://huggingface.co',
    source: 'environment',
    variable: 'HF_TOKEN',
    token: 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567',
  },
  {
    hub: 'modelscope',
    origin: 'https://modelscope.cn',
    source: 'file',
    variable: 'MODELSCOPE_API_TOKEN_FILE',
    problem: { code: 'secrets.token_file_readable', params: { path: '/t', mode: '0644' } },
  },
];

describe('accounts over the contract', () => {
  let studio: TestStudio;
  beforeEach(() => {
    studio = new TestStudio();
  });
  afterEach(() => studio.dispose());

  // Catches: the shell's keyring, which opens what was sealed, becoming a method that a page can call.
  it('no method of the studio’s contract opens a secret', async () => {
    const methods = Object.keys(STUDIO_CONTRACT);
    expect(methods.filter((name) => name in KEYRING_CONTRACT || name.startsWith('keyring.'))).toEqual([]);
    const client = await studio.client();
    for (const name of Object.keys(KEYRING_CONTRACT))
      expect((await failure(client.call(name as 'app.info', {}))).code).toBe('core.unknown_method');
  });

  it('a token goes in and no answer of any method ever has one', async () => {
    const client = await studio.client('write', { handedTokens: HANDED });
    const put = await client.call('accounts.put', { hub: 'modelscope', label: ' 发布 ', token: TOKEN });
    expect(put).toMatchObject({
      hub: 'modelscope',
      origin: 'https://modelscope.cn',
      label: '发布',
      token: 'ready',
    });
    const renewed = await client.call('accounts.put', { account: put.id, token: `${TOKEN}0` });
    const listed = await client.call('accounts.list', {});
    expect(listed.items.map(({ id, token }) => [id, token])).toEqual([
      ['handed-huggingface', 'ready'],
      ['handed-modelscope', 'refused'],
      [put.id, 'ready'],
    ]);
    const said = JSON.stringify([put, renewed, listed, await client.call('accounts.status', {})]);
    for (const secret of [TOKEN, HANDED[0]?.token ?? '']) expect(said).not.toContain(secret);
  });

  it('an endpoint that is not the hub’s own takes a token only when exactly it was agreed to', async () => {
    const client = await studio.client();
    const put = (endpoint: string, agreedOrigin?: string): Promise<unknown> =>
      client.call('accounts.put', {
        hub: 'huggingface',
        endpoint,
        token: TOKEN,
        ...(agreedOrigin === undefined ? {} : { agreedOrigin }),
      });
    expect(await failure(put('https://hf-mirror.example'))).toMatchObject({
      code: 'accounts.endpoint_not_allowed',
      params: { origin: 'https://hf-mirror.example' },
    });
    expect((await failure(put('https://evil.example', 'https://hf-mirror.example'))).code).toBe(
      'accounts.endpoint_not_allowed',
    );
    expect((await failure(put('https://modelscope.cn'))).code).toBe('accounts.endpoint_not_allowed');
    for (const endpoint of [
      'http://huggingface.co',
      'https://a:b@huggingface.co',
      'ftp://huggingface.co',
      'x y',
    ])
      expect((await failure(put(endpoint))).code, endpoint).toBe('accounts.endpoint_refused');
    expect((await client.call('accounts.list', {})).items).toEqual([]);
    expect(await put('https://hub.example:8443/api/', 'https://hub.example:8443')).toMatchObject({
      origin: 'https://hub.example:8443',
    });
    expect(await put('http://127.0.0.1:8080', 'http://127.0.0.1:8080')).toMatchObject({ token: 'ready' });
  });

  it('what was handed over at start can be seen and used, not changed', async () => {
    const client = await studio.client('write', { handedTokens: HANDED });
    for (const work of [
      client.call('accounts.remove', { account: 'handed-huggingface' }),
      client.call('accounts.put', { account: 'handed-huggingface', token: TOKEN }),
    ])
      expect(await failure(work)).toMatchObject({
        code: 'accounts.handed_over',
        params: { variable: 'HF_TOKEN' },
      });
  });

  it('tokens of a session are gone with it, and the account says so', async () => {
    const first = await studio.client();
    const { id } = await first.call('accounts.put', { hub: 'modelscope', token: TOKEN });
    await studio.close();
    const second = await studio.client();
    expect((await second.call('accounts.list', {})).items).toMatchObject([{ id, token: 'missing' }]);
    expect(await second.call('accounts.put', { account: id, token: TOKEN })).toMatchObject({
      token: 'ready',
    });
    await second.call('accounts.remove', { account: id });
    expect((await second.call('accounts.list', {})).items).toEqual([]);
    expect((await failure(second.call('accounts.remove', { account: id }))).code).toBe('core.not_found');
  });

  it('a vault is unlocked over the contract, and closes with the core', async () => {
    const client = await studio.client();
    const { id } = await client.call('accounts.put', { hub: 'modelscope', token: TOKEN });
    await client.call('accounts.keepIn', { place: 'vault', passphrase: PASSPHRASE });
    await studio.close();
    const next = await studio.client();
    expect((await next.call('accounts.list', {})).items).toMatchObject([{ id, token: 'locked' }]);
    expect((await failure(next.call('accounts.put', { hub: 'modelscope', token: TOKEN }))).code).toBe(
      'secrets.vault_locked',
    );
    await next.call('accounts.unlock', { passphrase: PASSPHRASE });
    expect((await next.call('accounts.list', {})).items).toMatchObject([{ id, token: 'ready' }]);
    expect(await next.call('accounts.lock', {})).toMatchObject({ vault: 'locked' });
    const log = readFileSync(path.join(studio.home, 'logs', 'core.log'), 'utf8');
    expect(log).not.toContain(PASSPHRASE);
  });

  it('an input that no header can carry is refused, and its text is not quoted', async () => {
    const client = await studio.client();
    const bad = `${TOKEN}\r\nX-Evil: 1`;
    const refused = await failure(client.call('accounts.put', { hub: 'modelscope', token: bad }));
    expect(refused.code).toBe('core.invalid_input');
    expect(JSON.stringify([refused.params, refused.detail])).not.toContain(TOKEN.slice(3));
  });

  it('a core that only reads changes no account', async () => {
    await studio.client();
    const reader = await studio.client('read');
    const refused = await failure(reader.call('accounts.put', { hub: 'modelscope', token: TOKEN }));
    expect(refused.code).toBe('core.read_only');
  });

  // Catches: an edited database sending a token to another site.
  it('a token is bound to its origin where it is kept, not only in the database', async () => {
    const { createServices } = await import('../../../electron/core/core-services.ts');
    const { testPorts } = await import('../core/core-harness.ts');
    const { openDatabase } = await import('../../../electron/core/db/open.ts');
    const { MIGRATIONS } = await import('../../../electron/core/db/migrations/index.ts');
    const { createRedactor } = await import('../../../electron/core/log/redactor.ts');
    const file = path.join(studio.home, 'studio.db');
    const db = await openDatabase(file, { migrations: MIGRATIONS, nowMs: Date.now });
    const log = { warn: () => undefined, error: () => undefined };
    const ports = { ...testPorts(studio.home), handedTokens: HANDED };
    const services = createServices(db, ports, log, { readOnly: false, redactor: createRedactor() });
    const { accounts } = services;
    const { id } = await accounts.put({ hub: 'modelscope', token: TOKEN });
    expect(await accounts.token({ account: id, origin: 'https://www.modelscope.cn' })).toBe(TOKEN);
    const other = new Database(file);
    other.prepare("UPDATE accounts SET origin = 'https://evil.example'").run();
    other.close();
    for (const origin of ['https://evil.example', 'https://www.modelscope.ai', 'nonsense'])
      expect((await failure(accounts.token({ account: id, origin }))).code).toBe('accounts.other_origin');
    expect(
      (await failure(accounts.token({ account: 'handed-huggingface', origin: 'https://modelscope.cn' })))
        .code,
    ).toBe('accounts.other_origin');
    expect(
      (await failure(accounts.token({ account: 'handed-modelscope', origin: 'https://modelscope.cn' }))).code,
    ).toBe('secrets.token_file_readable');
    await services.dispose();
    db.close();
  });
});
