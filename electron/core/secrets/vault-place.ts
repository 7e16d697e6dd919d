import { existsSync } from 'node:fs';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { damaged, readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.ts';
import type { SecretPlace } from './secret-place.ts';
import {
  isKeyOf,
  newVaultKey,
  openVault,
  parseVault,
  sealVault,
  vaultKey,
  wipe,
  type SealedVault,
  type VaultKey,
} from './vault-seal.ts';

/** A slip of the finger costs nothing; a guesser waits twice as long each time. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;

export type VaultPlace = SecretPlace &
  Readonly<{
    state(): 'none' | 'locked' | 'unlocked';
    pausedUntilMs(): number | undefined;
    /** Throws `secrets.no_vault`, `secrets.paused`, `secrets.wrong_passphrase`, `secrets.damaged`. */
    unlock(passphrase: string): Promise<void>;
    lock(): void;
    /** Replaces the file by a new vault with these secrets, and leaves it unlocked. */
    create(passphrase: string, secrets: ReadonlyMap<string, string>): Promise<void>;
  }>;

/** Secrets behind a passphrase, in one file that says nothing without it. Unlocked until {@link VaultPlace.lock}. */
export function createVaultPlace(file: string, nowMs: () => number): VaultPlace {
  let key: VaultKey | undefined;
  let wrongAttempts = 0;
  let closedUntilMs = 0;
  /** One guess at a time: a hundred at once would all be checked before the first pause begins. */
  let lastAttempt: Promise<unknown> = Promise.resolve();

  const lock = (): void => {
    if (key !== undefined) wipe(key);
    key = undefined;
  };
  const read = (): SealedVault => {
    const text = readPrivateFile(file);
    if (text === undefined) throw new StudioError('secrets.no_vault');
    const vault = parseVault(text);
    if (vault === undefined) throw damaged(file, 'not a whole vault of this version');
    return vault;
  };
  const entries = (): Readonly<Record<string, string>> => {
    const held = key;
    const vault = read();
    if (held === undefined || !isKeyOf(held, vault)) {
      // Another studio may have made a new vault in this place.
      lock();
      throw new StudioError('secrets.vault_locked');
    }
    const opened = openVault(held, vault);
    if (opened === undefined) throw damaged(file, 'changed by another hand');
    return opened;
  };
  const write = (held: VaultKey, next: Readonly<Record<string, string>>): void =>
    writePrivateFile(file, `${JSON.stringify(sealVault(held, next))}\n`);
  const change = (edit: (entries: Record<string, string>) => void): void => {
    const next = { ...entries() };
    edit(next);
    if (key !== undefined) write(key, next);
  };
  const seconds = (): number => Math.max(1, Math.ceil((closedUntilMs - nowMs()) / 1000));

  const attempt = async (passphrase: string): Promise<void> => {
    if (nowMs() < closedUntilMs) throw new StudioError('secrets.paused', { seconds: seconds() });
    const vault = read();
    const found = await vaultKey(passphrase, vault);
    if (found === undefined) {
      closedUntilMs = nowMs() + Math.min(FIRST_PAUSE_MS * 2 ** wrongAttempts, LONGEST_PAUSE_MS);
      wrongAttempts += 1;
      throw new StudioError('secrets.wrong_passphrase', { seconds: seconds() });
    }
    wrongAttempts = 0;
    lock();
    key = found;
  };

  return {
    state: () => (existsSync(file) ? (key === undefined ? 'locked' : 'unlocked') : 'none'),
    pausedUntilMs: () => (closedUntilMs > nowMs() ? closedUntilMs : undefined),
    unlock: (passphrase) => {
      const turn = lastAttempt.then(() => attempt(passphrase));
      lastAttempt = turn.catch(() => undefined);
      return turn;
    },
    lock,
    create: async (passphrase, secrets) => {
      const made = await newVaultKey(passphrase);
      write(made, Object.fromEntries(secrets));
      lock();
      key = made;
    },
    ids: () => (key === undefined ? undefined : Object.keys(entries())),
    get: (id) => Promise.resolve().then(() => entries()[id]),
    put: (id, secret) => Promise.resolve().then(() => change((next) => void (next[id] = secret))),
    remove: (id) => Promise.resolve().then(() => change((next) => void Reflect.deleteProperty(next, id))),
    discard: () => {
      lock();
      removePrivateFile(file);
    },
  };
}
