import { z } from 'zod';
import { method } from './define.ts';
import { HOST_CONTRACT } from './host-contract.ts';
import { keyringStatusSchema } from './methods/accounts.ts';
import { emptySchema } from './methods/common.ts';

const secretSchema = z.string().max(20_000);
const sealedSchema = z.base64().max(100_000);

/**
 * The system's encryption, which only a desktop shell has. The shell keeps nothing: the core holds what it sealed.
 * No page reaches these: they are no part of the studio's contract, and the shell answers them on the channel that
 * the core opened to it alone.
 */
export const KEYRING_CONTRACT = {
  'keyring.status': method({ input: emptySchema, output: keyringStatusSchema, errors: [] }),
  'keyring.seal': method({
    input: z.object({ secret: secretSchema }),
    output: z.object({ sealed: sealedSchema }),
    errors: ['secrets.keyring_failed'],
  }),
  'keyring.open': method({
    input: z.object({ sealed: sealedSchema }),
    output: z.object({
      secret: secretSchema,
      /** The same secret under a newer key of the system; it takes the old one's place. */
      resealed: sealedSchema.optional(),
    }),
    errors: ['secrets.keyring_failed'],
  }),
} as const;

/** Everything that the shell answers to the core. */
export const SHELL_CONTRACT = { ...HOST_CONTRACT, ...KEYRING_CONTRACT } as const;

export type KeyringContract = typeof KEYRING_CONTRACT;
export type ShellContract = typeof SHELL_CONTRACT;
