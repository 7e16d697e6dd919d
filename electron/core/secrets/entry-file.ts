import { z } from 'zod';

import type { Keyring } from '../ports.ts';
import { damaged, readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts';
import type { SecretPlace } from './secret-place.ts';

const fileSchema = z.strictObject({ version: z.literal(1), entries: z.record(z.string(), z.string()) });

/** What a file holds of a secret, and what it comes to again. */
export type EntryCipher = Readonly<{
  seal(secret: string): Promise<string>;
  /** `resealed` takes the place of what was read. */
  open(entry: string): Promise<Readonly<{ secret: string; resealed?: string | undefined }>>;
}>;

/** Each secret sealed by the system's keyring. */
export const keyringCipher = (keyring: Keyring): EntryCipher => ({
  seal: (secret) => keyring.seal(secret),
  open: (entry) => keyring.open(entry),
});

/** As it is: for those who were told and agreed. */
export const NO_CIPHER: EntryCipher = {
  seal: (secret) => Promise.resolve(secret),
  open: (entry) => Promise.resolve({ secret: entry }),
};

/** Secrets in a private file, one entry each. Throws `secrets.damaged` for a file that it did not write. */
export function createEntryFile(file: string, cipher: EntryCipher): SecretPlace {
  const read = (): Readonly<Record<string, string>> => {
    const text = readPrivateFile(file);
    if (text === undefined) return {};
    try {
      return fileSchema.parse(JSON.parse(text)).entries;
    } catch {
      // Neither the parser's nor the schema's words: they quote the text.
      throw damaged(file, 'not in the form that the studio writes');
    }
  };
  const write = (entries: Readonly<Record<string, string>>): void =>
    writePrivateFile(file, `${JSON.stringify({ version: 1, entries })}\n`);
  return {
    ids: () => Object.keys(read()),
    get: async (id) => {
      const entry = read()[id];
      if (entry === undefined) return undefined;
      const { secret, resealed } = await cipher.open(entry);
      if (resealed !== undefined) write({ ...read(), [id]: resealed });
      return secret;
    },
    put: async (id, secret) => {
      const entry = await cipher.seal(secret);
      write({ ...read(), [id]: entry });
    },
    remove: (id) => {
      const { [id]: removed, ...others } = read();
      if (removed !== undefined) write(others);
      return Promise.resolve();
    },
    discard: () => removePrivateFile(file),
  };
}
