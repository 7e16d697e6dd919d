import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';

import { z } from 'zod';

/** 128 MiB and about half a second a guess on a desktop processor. */
const COST = { n: 131_072, r: 8, p: 1 } as const;
/** A file that asks for more would only eat the machine. */
const MOST_MEMORY_BYTES = 512 * 1024 * 1024;
const KEY_BYTES = 32;
const CHECK_TEXT = 'legal-eagle vault 1';

const headerSchema = z.strictObject({
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    n: z.int().min(16_384).max(1_048_576),
    r: z.int().min(8).max(32),
    p: z.int().min(1).max(4),
    salt: z.base64(),
  }),
});

const vaultSchema = headerSchema.extend({
  /** Tells a wrong passphrase from a damaged file. */
  check: z.base64(),
  nonce: z.base64(),
  data: z.base64(),
  tag: z.base64(),
  /** SHA-256 over the rest: damage shows before a passphrase is asked for. */
  sum: z.string(),
});

type Header = z.output<typeof headerSchema>;
export type SealedVault = z.output<typeof vaultSchema>;

/** What a passphrase comes to with one vault's salt. Wiped by {@link wipe}. */
export type VaultKey = Readonly<{ header: Header; data: Buffer; check: Buffer }>;

const sumOf = ({ sum: _sum, ...rest }: SealedVault): string =>
  createHash('sha256').update(JSON.stringify(rest)).digest('hex');

/** The vault in a file's text. Undefined where it is none, or not whole. */
export function parseVault(text: string): SealedVault | undefined {
  try {
    const vault = vaultSchema.parse(JSON.parse(text));
    return vault.sum === sumOf(vault) ? vault : undefined;
  } catch {
    return undefined;
  }
}

/** A key of its own for a new vault. */
export const newVaultKey = (passphrase: string): Promise<VaultKey> =>
  deriveKey(passphrase, {
    version: 1,
    kdf: { name: 'scrypt', ...COST, salt: randomBytes(KEY_BYTES).toString('base64') },
  });

/** The key that a passphrase gives for a vault; undefined where it is not the vault's. */
export async function vaultKey(passphrase: string, vault: SealedVault): Promise<VaultKey | undefined> {
  const key = await deriveKey(passphrase, { version: vault.version, kdf: vault.kdf });
  const check = Buffer.from(vault.check, 'base64');
  if (check.length === key.check.length && timingSafeEqual(check, key.check)) return key;
  wipe(key);
  return undefined;
}

export const isKeyOf = (key: VaultKey, vault: SealedVault): boolean => key.header.kdf.salt === vault.kdf.salt;

/** Seals the entries under a nonce of its own; the header is bound to them. */
export function sealVault(key: VaultKey, entries: Readonly<Record<string, string>>): SealedVault {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.data, nonce);
  cipher.setAAD(Buffer.from(JSON.stringify(key.header)));
  const data = Buffer.concat([cipher.update(JSON.stringify(entries), 'utf8'), cipher.final()]);
  const sealed = {
    ...key.header,
    check: key.check.toString('base64'),
    nonce: nonce.toString('base64'),
    data: data.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    sum: '',
  };
  return { ...sealed, sum: sumOf(sealed) };
}

/** The entries; undefined where the file was changed by another hand. */
export function openVault(key: VaultKey, vault: SealedVault): Readonly<Record<string, string>> | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.data, Buffer.from(vault.nonce, 'base64'), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(JSON.stringify({ version: vault.version, kdf: vault.kdf })));
    decipher.setAuthTag(Buffer.from(vault.tag, 'base64'));
    const text = Buffer.concat([decipher.update(Buffer.from(vault.data, 'base64')), decipher.final()]);
    return z.record(z.string(), z.string()).parse(JSON.parse(text.toString('utf8')));
  } catch {
    return undefined;
  }
}

export function wipe(key: VaultKey): void {
  key.data.fill(0);
  key.check.fill(0);
}

function deriveKey(passphrase: string, header: Header): Promise<VaultKey> {
  const { n, r, p, salt } = header.kdf;
  const options = { N: n, r, p, maxmem: MOST_MEMORY_BYTES };
  // The same letters typed on two systems may come in two forms.
  const words = passphrase.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(words, Buffer.from(salt, 'base64'), 2 * KEY_BYTES, options, (error, derived) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const check = createHmac('sha256', derived.subarray(KEY_BYTES)).update(CHECK_TEXT).digest();
      const data = Buffer.from(derived.subarray(0, KEY_BYTES));
      derived.fill(0);
      resolve({ header, data, check });
    });
  });
}
