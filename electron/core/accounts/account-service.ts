import { z } from 'zod';

import type { Account, AddedAccount, RenewedAccount } from '../../shared/contract/methods/accounts.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { accountCheckResultSchema } from '../../shared/protocol/upload.ts';
import { HUB_ORIGINS, isHubOrigin, type Hub } from '../../shared/domain/hub-endpoints.ts';
import type { AccountRecord, AccountRepository } from '../db/repositories/account-repository.ts';
import { notFound } from '../db/repositories/require-one.ts';
import { endpointOrigin } from '../endpoint-origin.ts';
import type { Clock, HandedToken, IdGen, Secrets, TokenSource, TokenWish } from '../ports.ts';

/** What is kept as the secret: the origin lies beside the token, so that an edited database cannot redirect it. */
const boundTokenSchema = z.strictObject({ origin: z.string(), token: z.string() });

export type AccountOptions = Readonly<{
  accounts: AccountRepository;
  secrets: Secrets;
  handed: readonly HandedToken[];
  clock: Clock;
  ids: IdGen;
}>;

type Said = z.output<typeof accountCheckResultSchema>;
type Verified = Pick<Account, 'username' | 'verifiedAtMs' | 'namespaces' | 'canWrite'>;

const handedId = (handed: HandedToken): string => `handed-${handed.hub}`;

/** Accounts of hubs. Tokens go in here and come out for jobs only, each to its own origin. */
export class AccountService implements TokenSource {
  readonly #options: AccountOptions;
  /** What hubs have said of handed tokens in this life; nothing of them is kept. */
  readonly #handedVerified = new Map<string, Verified>();

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  /** What was handed over at start comes first, as it does where a token is wanted. */
  async list(): Promise<Account[]> {
    const { accounts, handed } = this.#options;
    const kept = await this.#keptIds();
    return [
      ...handed.map((one) => ({ ...handedView(one), ...this.#handedVerified.get(handedId(one)) })),
      ...accounts.list().map((record) => storedView(record, kept)),
    ];
  }

  /**
   * Adds an account, or gives one a new token. Throws `core.not_found`, `accounts.endpoint_refused`,
   * `accounts.endpoint_not_allowed`, `accounts.handed_over`, `secrets.*`.
   */
  async put(input: AddedAccount | RenewedAccount): Promise<Account> {
    const { accounts, secrets } = this.#options;
    const record = 'account' in input ? this.#renewed(input) : this.#added(input);
    const { id, origin } = record;
    // The token first: an account without one would look like one whose token was lost.
    await secrets.put(id, JSON.stringify({ origin, token: input.token } satisfies BoundToken));
    accounts.save(record);
    return storedView(record, await this.#keptIds());
  }

  /** Throws `core.not_found`, `accounts.handed_over`, `secrets.*`. */
  async remove(id: string): Promise<void> {
    const { accounts, secrets } = this.#options;
    this.#refuseHanded(id);
    this.#stored(id);
    await secrets.remove(id);
    accounts.remove(id);
  }

  /** What its hub has said of an account. Throws `core.not_found`. */
  async verified(id: string, said: Said): Promise<Account> {
    const { accounts, clock } = this.#options;
    const facts: Verified = {
      username: said.username,
      verifiedAtMs: clock.nowMs(),
      namespaces: [...said.namespaces],
      ...(said.canWrite === null ? {} : { canWrite: said.canWrite }),
    };
    if (this.#handed(id) === undefined) {
      const { canWrite: _before, ...record } = this.#stored(id);
      accounts.save({ ...record, ...facts });
    } else this.#handedVerified.set(id, facts);
    const view = (await this.list()).find((one) => one.id === id);
    if (view === undefined) throw notFound('account', id);
    return view;
  }

  /**
   * The account whose token is asked along at an origin: one that is ready, else one that could be, whose refusal says
   * what to do. One whose token is lost is none: what is public is fetched without.
   */
  async idFor(hub: Hub, origin: string): Promise<string | undefined> {
    const own = (await this.list()).filter((one) => one.hub === hub && one.origin === origin);
    return (own.find(({ token }) => token === 'ready') ?? own.find(({ token }) => token !== 'missing'))?.id;
  }

  async token({ account: id, origin }: TokenWish): Promise<string> {
    const handed = this.#handed(id);
    if (handed?.problem !== undefined) {
      const { code, params, detail } = handed.problem;
      throw new StudioError(code, params, detail === undefined ? {} : { detail });
    }
    if (handed !== undefined) {
      requireOrigin(handed.variable, handed.origin, origin);
      return handed.token;
    }
    const record = this.#stored(id);
    const secret = await this.#options.secrets.get(id);
    if (secret === undefined) throw new StudioError('accounts.token_missing', { account: record.label });
    const bound = boundToken(secret);
    if (bound === undefined) throw new StudioError('accounts.token_missing', { account: record.label });
    requireOrigin(record.label, bound.origin, origin);
    return bound.token;
  }

  #added(input: AddedAccount): AccountRecord {
    const { clock, ids } = this.#options;
    const endpoint = input.endpoint ?? HUB_ORIGINS[input.hub][0];
    const origin = endpointOrigin(endpoint);
    if (origin === undefined) throw new StudioError('accounts.endpoint_refused', { endpoint });
    if (!isHubOrigin(input.hub, origin) && input.agreedOrigin !== origin)
      throw new StudioError('accounts.endpoint_not_allowed', { origin, known: HUB_ORIGINS[input.hub] });
    return {
      id: ids.next(),
      hub: input.hub,
      origin,
      label: input.label ?? input.username ?? new URL(origin).host,
      username: input.username,
      createdAtMs: clock.nowMs(),
      verifiedAtMs: undefined,
    };
  }

  #renewed(input: RenewedAccount): AccountRecord {
    this.#refuseHanded(input.account);
    const record = this.#stored(input.account);
    // Nobody has asked the hub about the new one yet.
    return {
      ...record,
      label: input.label ?? record.label,
      verifiedAtMs: undefined,
      canWrite: undefined,
      namespaces: undefined,
    };
  }

  #stored(id: string): AccountRecord {
    const record = this.#options.accounts.find(id);
    if (record === undefined) throw notFound('account', id);
    return record;
  }

  #handed(id: string): HandedToken | undefined {
    return this.#options.handed.find((handed) => handedId(handed) === id);
  }

  #refuseHanded(id: string): void {
    const handed = this.#handed(id);
    if (handed !== undefined) throw new StudioError('accounts.handed_over', { variable: handed.variable });
  }

  /** Undefined while a vault is locked; nothing where the file that keeps them is damaged. */
  async #keptIds(): Promise<ReadonlySet<string> | undefined> {
    try {
      const ids = await this.#options.secrets.list();
      return ids === undefined ? undefined : new Set(ids);
    } catch (error) {
      if (error instanceof StudioError) return new Set();
      throw error;
    }
  }
}

type BoundToken = z.output<typeof boundTokenSchema>;

function boundToken(secret: string): BoundToken | undefined {
  try {
    return boundTokenSchema.parse(JSON.parse(secret));
  } catch {
    return undefined;
  }
}

function requireOrigin(account: string, bound: string, origin: string): void {
  if (endpointOrigin(origin) !== bound)
    throw new StudioError('accounts.other_origin', { account, origin, bound });
}

function handedView(handed: HandedToken): Account {
  const { hub, origin, source, variable, problem } = handed;
  const view = { id: handedId(handed), hub, origin, label: variable, source, variable };
  return problem === undefined
    ? { ...view, token: 'ready' }
    : { ...view, token: 'refused', problem: { ...problem, params: { ...problem.params } } };
}

function storedView(record: AccountRecord, kept: ReadonlySet<string> | undefined): Account {
  const { namespaces, ...rest } = record;
  return {
    ...rest,
    ...(namespaces === undefined ? {} : { namespaces: [...namespaces] }),
    source: 'stored',
    token: kept === undefined ? 'locked' : kept.has(record.id) ? 'ready' : 'missing',
  };
}
