import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Keyring } from '../../../electron/core/ports.ts';
import { SecretsService } from '../../../electron/core/secrets/secrets-service.ts';
import type { KeepIn } from '../../../electron/shared/contract/methods/accounts.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { temporaryHome } from '../../helpers/job-harness.ts';

const SECRET = 'ms-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const PASSPHRASE = '正确的 passphrase 1';

const flip = (text: string): string =>
  Buffer.from(Buffer.from(text).map((byte) => byte ^ 0x5a)).toString('base64');
const unflip = (sealed: string): string =>
  Buffer.from(Buffer.from(sealed, 'base64').map((byte) => byte ^ 0x5a)).toString();

/** A keyring of a machine: there, or why not. */
class MachineKeyring implements Keyring {
  reason: 'no_shell' | 'weak' | undefined;
  constructor(reason?: 'no_shell' | 'weak') {
    this.reason = reason;
  }
  status = (): ReturnType<Keyring['status']> =>
    Promise.resolve(
      this.reason === undefined ? { available: true } : { available: false, reason: this.reason },
    );
  seal = (secret: string): Promise<string> => Promise.resolve(flip(secret));
  open: Keyring['open'] = (sealed) => Promise.resolve({ secret: unflip(sealed) });
}

describe('where secrets lie', () => {
  let home: string;
  let dir: string;
  let now = 1_700_000_000_000;
  const open = (keyring: Keyring): SecretsService => new SecretsService({ dir, keyring, nowMs: () => now });
  const code = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
    } catch (error) {
      if (error instanceof StudioError) return error.code;
      throw error;
    }
    return 'nothing was thrown';
  };
  const written = (): string =>
    existsSync(dir)
      ? readdirSync(dir)
          .map((name) => readFileSync(path.join(dir, name), 'latin1'))
          .join('\n')
      : '';
  const vaultWish: KeepIn = { place: 'vault', passphrase: PASSPHRASE, discard: false };

  beforeEach(() => {
    home = temporaryHome();
    dir = path.join(home, 'secrets');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('a server keeps nothing by itself: memory, and nothing on the disk', async () => {
    const secrets = open(new MachineKeyring('no_shell'));
    await secrets.put('a', SECRET);
    expect(await secrets.get('a')).toBe(SECRET);
    expect(await secrets.status()).toMatchObject({
      place: 'session',
      vault: 'none',
      offers: ['session', 'vault'],
    });
    expect(existsSync(dir)).toBe(false);
    expect(await open(new MachineKeyring('no_shell')).get('a')).toBeUndefined();
  });

  it('a keyring’s machine keeps ciphertext in a file of the owner alone, across lives', async () => {
    const keyring = new MachineKeyring();
    await open(keyring).put('a', SECRET);
    const file = path.join(dir, 'keyring.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(written()).not.toContain(SECRET);
    expect(await open(keyring).get('a')).toBe(SECRET);
    expect(await open(keyring).list()).toEqual(['a']);
    await open(keyring).remove('a');
    expect(await open(keyring).list()).toEqual([]);
  });

  it('what the system wants sealed anew replaces the old text', async () => {
    const keyring = new MachineKeyring();
    const secrets = open(keyring);
    await secrets.put('a', SECRET);
    const file = path.join(dir, 'keyring.json');
    const resealed = flip(`${SECRET} newer`);
    const rotating: Keyring = {
      status: keyring.status,
      seal: keyring.seal,
      open: () => Promise.resolve({ secret: SECRET, resealed }),
    };
    expect(await open(rotating).get('a')).toBe(SECRET);
    expect(readFileSync(file, 'utf8')).toContain(resealed);
  });

  it('rights that a restored backup widened are narrowed when the file is read', async () => {
    const keyring = new MachineKeyring();
    await open(keyring).put('a', SECRET);
    const file = path.join(dir, 'keyring.json');
    chmodSync(file, 0o644);
    await open(keyring).get('a');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('a plain file only on a desktop without a keyring, and only when it was asked for', async () => {
    const wish: KeepIn = { place: 'file', understood: true, discard: false };
    expect(await code(open(new MachineKeyring('no_shell')).keepIn(wish))).toBe('secrets.not_offered');
    expect(await code(open(new MachineKeyring()).keepIn(wish))).toBe('secrets.not_offered');
    const secrets = open(new MachineKeyring('weak'));
    await secrets.put('a', SECRET);
    expect(written()).toBe('');
    expect(await secrets.keepIn(wish)).toMatchObject({ place: 'file', offers: ['session', 'vault', 'file'] });
    expect(statSync(path.join(dir, 'plain.json')).mode & 0o777).toBe(0o600);
    expect(await open(new MachineKeyring('weak')).get('a')).toBe(SECRET);
    await secrets.keepIn({ place: 'session', discard: false });
    expect(written()).toBe('');
    expect(await secrets.get('a')).toBe(SECRET);
  });

  it('an empty plain file is a choice that stands', async () => {
    await open(new MachineKeyring('weak')).keepIn({ place: 'file', understood: true, discard: false });
    expect((await open(new MachineKeyring('weak')).status()).place).toBe('file');
  });

  it('a vault takes what was in memory, says nothing when locked, and opens with its passphrase only', async () => {
    const secrets = open(new MachineKeyring('no_shell'));
    await secrets.put('a', SECRET);
    expect(await secrets.keepIn(vaultWish)).toMatchObject({ place: 'vault', vault: 'unlocked' });
    expect(written()).not.toContain(SECRET);
    expect(written()).not.toContain('"a"');
    expect(await secrets.get('a')).toBe(SECRET);
    await secrets.lock();
    expect(await secrets.list()).toBeUndefined();
    for (const work of [secrets.get('a'), secrets.put('b', SECRET), secrets.remove('a')])
      expect(await code(work)).toBe('secrets.vault_locked');

    const next = open(new MachineKeyring('no_shell'));
    expect(await next.status()).toMatchObject({ place: 'vault', vault: 'locked' });
    expect(await code(next.unlock('wrong passphrase'))).toBe('secrets.wrong_passphrase');
    now += 1000;
    // The same letters in another form of Unicode, as another system's keyboard sends them.
    expect(await next.unlock(PASSPHRASE.normalize('NFD'))).toMatchObject({ vault: 'unlocked' });
    expect(await next.get('a')).toBe(SECRET);
    await next.put('b', 'another secret');
    expect(await next.list()).toEqual(['a', 'b']);
  });

  it('each wrong passphrase closes the vault for longer, and many at once are checked one by one', async () => {
    const secrets = open(new MachineKeyring('no_shell'));
    await secrets.keepIn(vaultWish);
    await secrets.lock();
    const codes = await Promise.all(
      ['wrong one', 'wrong two', PASSPHRASE].map((text) => code(secrets.unlock(text))),
    );
    expect(codes).toEqual(['secrets.wrong_passphrase', 'secrets.paused', 'secrets.paused']);
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      now = (await secrets.status()).pausedUntilMs ?? now;
      await code(secrets.unlock(`wrong ${String(attempt)}`));
      pauses.push(((await secrets.status()).pausedUntilMs ?? now) - now);
    }
    expect(pauses).toEqual([2000, 4000, 8000]);
    now += 8000;
    expect(await secrets.unlock(PASSPHRASE)).toMatchObject({ vault: 'unlocked' });
  });

  it('damage is told from a wrong passphrase, at every byte of the file', async () => {
    const secrets = open(new MachineKeyring('no_shell'));
    await secrets.put('a', SECRET);
    await secrets.keepIn(vaultWish);
    const file = path.join(dir, 'vault.json');
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length - 1; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      expect(await code(secrets.get('a')), `byte ${String(at)}`).toBe('secrets.damaged');
    }
    writeFileSync(file, whole.subarray(0, whole.length / 2));
    await secrets.lock();
    expect(await code(secrets.unlock(PASSPHRASE))).toBe('secrets.damaged');
    // Giving it up is possible without reading it.
    expect(await code(secrets.keepIn({ place: 'session', discard: false }))).toBe('secrets.vault_locked');
    expect(await secrets.keepIn({ place: 'session', discard: true })).toMatchObject({ place: 'session' });
    expect(written()).toBe('');
  });

  it('a file that asks for a whole machine’s memory is no vault', async () => {
    const secrets = open(new MachineKeyring('no_shell'));
    await secrets.keepIn(vaultWish);
    const file = path.join(dir, 'vault.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"n":131072', '"n":1073741824'));
    await secrets.lock();
    expect(await code(secrets.unlock(PASSPHRASE))).toBe('secrets.damaged');
  });

  it('a vault that another studio made anew locks this one', async () => {
    const secrets = open(new MachineKeyring('no_shell'));
    await secrets.put('a', SECRET);
    await secrets.keepIn(vaultWish);
    await open(new MachineKeyring('no_shell')).keepIn({ ...vaultWish, discard: true });
    expect(await code(secrets.get('a'))).toBe('secrets.vault_locked');
    expect((await secrets.status()).vault).toBe('locked');
  });

  it('a full disk or a foreign folder is named and leaves no half of a file', async () => {
    writeFileSync(dir, 'a file where the folder should be');
    const secrets = open(new MachineKeyring());
    const failed = await secrets.put('a', SECRET).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'secrets.not_written' });
    expect(JSON.stringify(failed)).not.toContain(SECRET);
  });

  it('a keyring that comes up late does not make the tokens of this session vanish', async () => {
    const keyring = new MachineKeyring('weak');
    const secrets = open(keyring);
    await secrets.put('a', SECRET);
    keyring.reason = undefined;
    expect(await secrets.get('a')).toBe(SECRET);
    expect(await secrets.keepIn({ place: 'keyring', discard: false })).toMatchObject({ place: 'keyring' });
    expect(await open(keyring).get('a')).toBe(SECRET);
  });
});
