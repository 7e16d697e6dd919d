import { z } from 'zod';

/**
 * What the shell and the process of the core say to each other besides frames. Channels are opened by the shell:
 * `page` carries the frames of a window (its paths are guarded), `shell` those of the shell itself, and over `host`
 * the core is the client and the shell answers the host contract.
 */
export const channelRoleSchema = z.enum(['page', 'shell', 'host']);

export const shellSaysSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('start'),
    /** The data folder; without it the one of this user. */
    home: z.string().optional(),
    /** Folder that holds python-runtime and resources; without it that of the sources. */
    root: z.string().optional(),
    grants: z.array(z.string()),
    /** Why this app cannot update itself; absent where it can. */
    noUpdates: z.string().optional(),
  }),
  /** With `id` the frames travel in `frame` messages; without it the port of this message carries them. */
  z.object({ kind: z.literal('channel'), role: channelRoleSchema, id: z.int().optional() }),
  z.object({ kind: z.literal('frame'), id: z.int(), frame: z.unknown() }),
  z.object({ kind: z.literal('closed'), id: z.int() }),
  /** The person chose this path in a dialog, or dropped it on a window. */
  z.object({ kind: z.literal('grant'), path: z.string() }),
  z.object({ kind: z.literal('end') }),
]);

export const coreSaysSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), home: z.string() }),
  z.object({
    kind: z.literal('failed'),
    error: z.object({
      code: z.string(),
      params: z.record(z.string(), z.unknown()),
      detail: z.string().optional(),
    }),
  }),
  z.object({ kind: z.literal('frame'), id: z.int(), frame: z.unknown() }),
  z.object({ kind: z.literal('closed'), id: z.int() }),
]);

export type ChannelRole = z.infer<typeof channelRoleSchema>;
export type ShellSays = z.infer<typeof shellSaysSchema>;
export type CoreSays = z.infer<typeof coreSaysSchema>;
export type CoreStart = Omit<Extract<ShellSays, { kind: 'start' }>, 'kind'>;
