import { expect, it } from 'vitest';

import { keyringHandlers, type SafeStorageLike } from '../../../electron/main/keyring.ts';

const flip = (text: string): Buffer => Buffer.from(Buffer.from(text).map((byte) => byte ^ 0x5a));

/** The calls of an Electron before the asynchronous ones. */
const older = (asked: string[] = []): SafeStorageLike => ({
  isEncryptionAvailable: () => true,
  getSelectedStorageBackend: () => 'gnome_libsecret',
  encryptString: (text) => {
    asked.push('encryptString');
    return flip(text);
  },
  decryptString: (bytes) => {
    asked.push('decryptString');
    return flip(bytes.toString()).toString();
  },
});

it('seals and opens with the old calls where there are no others', async () => {
  const keyring = keyringHandlers(older(), 'linux');
  expect(await keyring['keyring.status']({})).toEqual({ available: true, backend: 'gnome_libsecret' });
  const { sealed } = await keyring['keyring.seal']({ secret: 'secret' });
  expect(Buffer.from(sealed, 'base64')).toEqual(flip('secret'));
  expect(await keyring['keyring.open']({ sealed })).toEqual({ secret: 'secret' });
});

// Catches: calls that Electron 46 no longer has, and a key that was rotated staying in use for ever.
it('uses the asynchronous calls where they are, and seals anew what an old key had sealed', async () => {
  const asked: string[] = [];
  let generation = 1;
  const storage: SafeStorageLike = {
    ...older(asked),
    isAsyncEncryptionAvailable: () => Promise.resolve(true),
    encryptStringAsync: (text) => Promise.resolve(flip(`${String(generation)}${text}`)),
    decryptStringAsync: (bytes) => {
      const text = flip(bytes.toString()).toString();
      return Promise.resolve({
        result: text.slice(1),
        shouldReEncrypt: text.slice(0, 1) !== String(generation),
      });
    },
  };
  const keyring = keyringHandlers(storage, 'linux');
  const { sealed } = await keyring['keyring.seal']({ secret: 'secret' });
  expect(await keyring['keyring.open']({ sealed })).toEqual({ secret: 'secret' });
  generation = 2;
  const opened = await keyring['keyring.open']({ sealed });
  expect(opened).toEqual({ secret: 'secret', resealed: flip('2secret').toString('base64') });
  expect(asked).toEqual([]);
});

// Catches: Chromium's built-in key, which everybody knows, passing for encryption.
it.each(['basic_text', 'unknown'] as const)('%s is no keyring, whatever else it says', async (backend) => {
  const storage: SafeStorageLike = { ...older(), getSelectedStorageBackend: () => backend };
  const keyring = keyringHandlers(storage, 'linux');
  expect(await keyring['keyring.status']({})).toEqual({ available: false, reason: 'weak', backend });
  await expect(Promise.resolve(keyring['keyring.seal']({ secret: 'secret' }))).rejects.toMatchObject({
    code: 'secrets.keyring_failed',
  });
});

it('a keyring that fails is named, without a word of what was sealed', async () => {
  const storage: SafeStorageLike = {
    ...older(),
    decryptString: () => {
      throw new Error('Error while decrypting the ciphertext');
    },
  };
  const keyring = keyringHandlers(storage, 'win32');
  expect(await keyring['keyring.status']({})).toEqual({ available: true, backend: 'DPAPI' });
  await expect(
    Promise.resolve(keyring['keyring.open']({ sealed: flip('secret').toString('base64') })),
  ).rejects.toMatchObject({ code: 'secrets.keyring_failed', params: { reason: /decrypting/u } });
});

it('a shell without any of it has none', async () => {
  const keyring = keyringHandlers({}, 'linux');
  expect(await keyring['keyring.status']({})).toEqual({ available: false, reason: 'unavailable' });
});
