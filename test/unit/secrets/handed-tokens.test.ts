import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { takeHandedTokens } from '../../../electron/core/secrets/handed-tokens.ts';

const TOKEN = 'ms-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const HF_TOKEN = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567';

describe('tokens handed over at start', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), '令牌 '));
    file = path.join(folder, 'token');
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are taken out of the environment, every one and its aliases, and nothing else is', () => {
    const env: Record<string, string | undefined> = {
      PATH: '/bin',
      MODELSCOPE_API_TOKEN: TOKEN,
      MODELSCOPE_API_TOKEN_FILE: file,
      HF_TOKEN,
      HF_TOKEN_FILE: '',
      HUGGING_FACE_HUB_TOKEN: HF_TOKEN,
    };
    const handed = takeHandedTokens(env, 'linux');
    expect(env).toEqual({ PATH: '/bin' });
    expect(handed).toEqual([
      {
        hub: 'modelscope',
        origin: 'https://modelscope.cn',
        source: 'file',
        variable: 'MODELSCOPE_API_TOKEN_FILE',
        token: TOKEN,
      },
      {
        hub: 'huggingface',
        origin: 'https://huggingface.co',
        source: 'environment',
        variable: 'HF_TOKEN',
        token: HF_TOKEN,
      },
    ]);
  });

  // Catches: the value of the environment being used where the file that goes before it was refused.
  it.each([0o640, 0o604, 0o644, 0o660])('a file with the rights %o is refused', (mode) => {
    chmodSync(file, mode);
    const env = { MODELSCOPE_API_TOKEN_FILE: file, MODELSCOPE_API_TOKEN: TOKEN };
    const [handed] = takeHandedTokens(env, 'linux');
    expect(handed).toMatchObject({
      source: 'file',
      problem: { code: 'secrets.token_file_readable', params: { path: file, mode: `0${mode.toString(8)}` } },
    });
    expect(JSON.stringify(handed)).not.toContain(TOKEN);
    expect(env).toEqual({});
  });

  it('an owner who may only read is no danger, and Windows keeps rights elsewhere', () => {
    chmodSync(file, 0o400);
    expect(takeHandedTokens({ HF_TOKEN_FILE: file }, 'linux')[0]?.token).toBe(TOKEN);
    chmodSync(file, 0o644);
    expect(takeHandedTokens({ HF_TOKEN_FILE: file }, 'win32')[0]?.token).toBe(TOKEN);
  });

  it.each([
    ['none there', '/nowhere/token', 'ENOENT'],
    ['a folder', '/', 'not a token file'],
  ])('a file that cannot be one is named: %s', (_name, named, reason) => {
    const [handed] = takeHandedTokens({ HF_TOKEN_FILE: named }, 'win32');
    expect(handed?.problem).toMatchObject({ code: 'secrets.token_file_unreadable', params: { reason } });
  });

  it('a text that no header can carry is no token', () => {
    writeFileSync(file, 'two words and\r\nEvil: header');
    expect(takeHandedTokens({ HF_TOKEN_FILE: file }, 'linux')[0]?.problem?.code).toBe(
      'secrets.token_file_unreadable',
    );
  });

  it('the endpoint may be moved within the hub’s own; elsewhere the token is not used', () => {
    const at = (endpoint: string): unknown =>
      takeHandedTokens({ MODELSCOPE_API_TOKEN: TOKEN, MODELSCOPE_ENDPOINT: endpoint }, 'linux')[0];
    expect(at('www.modelscope.ai')).toMatchObject({ origin: 'https://www.modelscope.ai', token: TOKEN });
    expect(at('https://www.modelscope.cn/')).toMatchObject({ origin: 'https://modelscope.cn', token: TOKEN });
    for (const other of ['https://modelscope.cn.evil.example', 'https://huggingface.co'])
      expect(at(other)).toMatchObject({ problem: { code: 'accounts.endpoint_not_allowed' } });
    for (const other of ['http://modelscope.cn', 'https://me@modelscope.cn', 'file:///etc', 'https://'])
      expect(at(other)).toMatchObject({ problem: { code: 'accounts.endpoint_refused' } });
  });
});
