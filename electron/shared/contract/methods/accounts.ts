import { z } from 'zod';
import { HUBS } from '../../domain/hub-endpoints.ts';
import { method } from '../define.ts';
import { errorBodySchema } from '../studio-error.ts';
import { emptySchema, timeMsSchema } from './common.ts';

/** Where secrets lie: the system's keyring, a vault behind a passphrase, a plain file, or this session's memory. */
const secretPlaceSchema = z.enum(['keyring', 'vault', 'file', 'session']);

export const keyringStatusSchema = z.object({
  available: z.boolean(),
  /** Why there is none. `no_shell`: only the desktop app has one; `weak`: the system would only disguise secrets. */
  reason: z.enum(['no_shell', 'weak', 'unavailable']).optional(),
  /** The system's name of it. */
  backend: z.string().optional(),
});

const secretsStatusSchema = z.object({
  place: secretPlaceSchema,
  vault: z.enum(['none', 'locked', 'unlocked']),
  /** Until when wrong passphrases have closed the vault. */
  pausedUntilMs: timeMsSchema.optional(),
  keyring: keyringStatusSchema,
  /** Where this studio could keep them. */
  offers: z.array(secretPlaceSchema),
});

const accountSchema = z.object({
  id: z.string(),
  hub: z.enum(HUBS),
  /** The only origin its token may go to. */
  origin: z.string(),
  label: z.string(),
  username: z.string().optional(),
  /** Handed over at start (a file, a variable of the environment), or put here. */
  source: z.enum(['file', 'environment', 'stored']),
  /** The variable that handed it over. */
  variable: z.string().optional(),
  createdAtMs: timeMsSchema.optional(),
  /** When the hub last said that the token is good. */
  verifiedAtMs: timeMsSchema.optional(),
  /** Whether the token may write; absent where nobody asked, or the hub does not say. */
  canWrite: z.boolean().optional(),
  /** Names that it may write under, its own first. */
  namespaces: z.array(z.string()).optional(),
  /** `missing`: it was kept for a session that is over, or its place is gone. */
  token: z.enum(['ready', 'locked', 'missing', 'refused']),
  /** Why a token was refused. */
  problem: errorBodySchema.optional(),
});

const labelSchema = z.string().trim().min(1).max(80);
/** Visible ASCII: what a header can carry, and nothing that could break out of one. */
const tokenSchema = z
  .string()
  .trim()
  .min(8)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/u);
const passphraseSchema = z.string().min(8).max(1024);

const addedAccountSchema = z.strictObject({
  hub: z.enum(HUBS),
  /** The hub's own address where it is left out. */
  endpoint: z.string().min(1).max(300).optional(),
  /** The origin that the person has agreed to, where the hub's own list does not have it. */
  agreedOrigin: z.string().max(300).optional(),
  label: labelSchema.optional(),
  username: z.string().trim().min(1).max(100).optional(),
  token: tokenSchema,
});

/** A new token for an account; it stays bound to its origin. */
const renewedAccountSchema = z.strictObject({
  account: z.string(),
  label: labelSchema.optional(),
  token: tokenSchema,
});

/** The vault and the file hold what was in the place before. `discard` gives up what cannot be read any more. */
const keepInSchema = z.discriminatedUnion('place', [
  z.strictObject({ place: z.literal('keyring'), discard: z.boolean().default(false) }),
  z.strictObject({ place: z.literal('session'), discard: z.boolean().default(false) }),
  z.strictObject({
    place: z.literal('vault'),
    passphrase: passphraseSchema,
    discard: z.boolean().default(false),
  }),
  z.strictObject({
    place: z.literal('file'),
    /** The person was told that every program of theirs can read it. */
    understood: z.literal(true),
    discard: z.boolean().default(false),
  }),
]);

/** A token goes in and never comes out again: no method of the contract has one in its output. */
export const ACCOUNT_METHODS = {
  'accounts.status': method({ input: emptySchema, output: secretsStatusSchema, errors: [] }),
  'accounts.list': method({
    input: emptySchema,
    output: z.object({ items: z.array(accountSchema) }),
    errors: [],
  }),
  'accounts.put': method({
    input: z.union([addedAccountSchema, renewedAccountSchema]),
    output: accountSchema,
    errors: [
      'core.read_only',
      'core.not_found',
      'accounts.endpoint_refused',
      'accounts.endpoint_not_allowed',
      'accounts.handed_over',
      'secrets.vault_locked',
      'secrets.damaged',
      'secrets.not_written',
    ],
  }),
  'accounts.remove': method({
    input: z.object({ account: z.string() }),
    output: emptySchema,
    errors: [
      'core.read_only',
      'core.not_found',
      'accounts.handed_over',
      'secrets.vault_locked',
      'secrets.damaged',
      'secrets.not_written',
    ],
  }),
  /** Asks the hub whose token it is and whether it may write. Changes nothing there. */
  'accounts.verify': method({
    input: z.object({ account: z.string() }),
    output: accountSchema,
    errors: [
      'core.read_only',
      'core.not_found',
      'accounts.not_verified',
      'accounts.token_missing',
      'accounts.other_origin',
      'secrets.vault_locked',
      'secrets.damaged',
      // What the job that asks may end with.
      'upload.token_needed',
      'upload.token_refused',
      'upload.wrong_site',
      'upload.mirror_refused',
      'hub.token_refused',
      'hub.token_other_origin',
      'hub.endpoint_invalid',
      'hub.air_gap',
      'hub.unreachable',
      'hub.server_failing',
      'hub.tls',
      'hub.proxy',
      'hub.forbidden',
      'hub.refused',
      'hub.answer_invalid',
    ],
  }),
  'accounts.unlock': method({
    input: z.object({ passphrase: z.string().max(1024) }),
    output: secretsStatusSchema,
    errors: ['secrets.no_vault', 'secrets.wrong_passphrase', 'secrets.paused', 'secrets.damaged'],
  }),
  'accounts.lock': method({ input: emptySchema, output: secretsStatusSchema, errors: [] }),
  /** Moves every secret to another place, and keeps new ones there. */
  'accounts.keepIn': method({
    input: keepInSchema,
    output: secretsStatusSchema,
    errors: [
      'core.read_only',
      'secrets.not_offered',
      'secrets.vault_locked',
      'secrets.damaged',
      'secrets.not_written',
    ],
  }),
} as const;

export type KeyringStatus = z.output<typeof keyringStatusSchema>;
export type SecretPlaceName = z.output<typeof secretPlaceSchema>;
export type SecretsStatus = z.output<typeof secretsStatusSchema>;
export type Account = z.output<typeof accountSchema>;
export type AddedAccount = z.output<typeof addedAccountSchema>;
export type RenewedAccount = z.output<typeof renewedAccountSchema>;
export type KeepIn = z.output<typeof keepInSchema>;
