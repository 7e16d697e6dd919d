import { existsSync } from 'node:fs';
import path from 'node:path';

import type { KeepIn, SecretPlaceName, SecretsStatus } from '../../shared/contract/methods/accounts.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { Keyring, Secrets } from '../ports.ts';
import { createEntryFile, keyringCipher, NO_CIPHER } from './entry-file.ts';
import { createSessionPlace, type SecretPlace } from './secret-place.ts';
import { createVaultPlace, type VaultPlace } from './vault-place.ts';

export type SecretsOptions = Readonly<{
  /** Folder of the files; made when the first one is written. */
  dir: string;
  keyring: Keyring;
  nowMs: () => number;
}>;

/**
 * The secrets of one data folder. Which place is used is told by what lies there: a vault, then a plain file, both of
 * which a person has asked for; else the system's keyring; else the memory of this session. Nothing is ever moved
 * to a weaker place without being asked.
 */
export class SecretsService implements Secrets {
  readonly #keyring: Keyring;
  readonly #vault: VaultPlace;
  readonly #plainFile: string;
  readonly #places: Readonly<Record<SecretPlaceName, SecretPlace>>;
  /** Changes take turns: each reads a file and writes it again. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ dir, keyring, nowMs }: SecretsOptions) {
    this.#keyring = keyring;
    this.#plainFile = path.join(dir, 'plain.json');
    this.#vault = createVaultPlace(path.join(dir, 'vault.json'), nowMs);
    this.#places = {
      keyring: createEntryFile(path.join(dir, 'keyring.json'), keyringCipher(keyring)),
      vault: this.#vault,
      file: createEntryFile(this.#plainFile, NO_CIPHER),
      session: createSessionPlace(),
    };
  }

  async status(): Promise<SecretsStatus> {
    const keyring = await this.#keyring.status();
    const pausedUntilMs = this.#vault.pausedUntilMs();
    return {
      place: await this.#placeName(),
      vault: this.#vault.state(),
      ...(pausedUntilMs === undefined ? {} : { pausedUntilMs }),
      keyring,
      offers: await this.#offers(),
    };
  }

  async get(id: string): Promise<string | undefined> {
    return this.#places[await this.#placeName()].get(id);
  }

  async list(): Promise<readonly string[] | undefined> {
    return this.#places[await this.#placeName()].ids();
  }

  put(id: string, secret: string): Promise<void> {
    return this.#inTurn(async () => this.#places[await this.#placeName()].put(id, secret));
  }

  remove(id: string): Promise<void> {
    return this.#inTurn(async () => this.#places[await this.#placeName()].remove(id));
  }

  /** Throws `secrets.no_vault`, `secrets.wrong_passphrase`, `secrets.paused`, `secrets.damaged`. */
  async unlock(passphrase: string): Promise<SecretsStatus> {
    await this.#vault.unlock(passphrase);
    return this.status();
  }

  lock(): Promise<SecretsStatus> {
    this.#vault.lock();
    return this.status();
  }

  /**
   * Moves everything to another place. The old place is given up only when the new one holds it all. Throws
   * `secrets.not_offered`, and what reading the old or writing the new place throws.
   */
  keepIn(wish: KeepIn): Promise<SecretsStatus> {
    return this.#inTurn(async () => {
      const from = await this.#placeName();
      if (!(await this.#offers()).includes(wish.place))
        throw new StudioError('secrets.not_offered', { place: wish.place });
      if (from === wish.place && wish.place !== 'vault') return this.status();
      const source = this.#places[from];
      const moving = wish.discard ? new Map<string, string>() : await everything(source);
      if (wish.place === 'vault') await this.#vault.create(wish.passphrase, moving);
      else {
        const target = this.#places[wish.place];
        target.discard();
        for (const [id, secret] of moving) await target.put(id, secret);
        // An empty plain file is a person's choice as well, and has to stand.
        if (wish.place === 'file' && moving.size === 0) await touch(target);
      }
      if (from !== wish.place) source.discard();
      return this.status();
    });
  }

  async #placeName(): Promise<SecretPlaceName> {
    if (this.#vault.state() !== 'none') return 'vault';
    if (existsSync(this.#plainFile)) return 'file';
    // A keyring that comes up late does not make what was just entered vanish.
    if (this.#places.session.ids()?.length !== 0) return 'session';
    return (await this.#keyring.status()).available ? 'keyring' : 'session';
  }

  /** A plain file only on a desktop without a keyring: a server is handed a token file in its place. */
  async #offers(): Promise<SecretPlaceName[]> {
    const { available, reason } = await this.#keyring.status();
    if (available) return ['keyring', 'vault'];
    return reason === 'no_shell' ? ['session', 'vault'] : ['session', 'vault', 'file'];
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

async function everything(place: SecretPlace): Promise<ReadonlyMap<string, string>> {
  const ids = place.ids();
  if (ids === undefined) throw new StudioError('secrets.vault_locked');
  const found = new Map<string, string>();
  for (const id of ids) {
    const secret = await place.get(id);
    if (secret !== undefined) found.set(id, secret);
  }
  return found;
}

async function touch(place: SecretPlace): Promise<void> {
  await place.put('', '');
  await place.remove('');
}
