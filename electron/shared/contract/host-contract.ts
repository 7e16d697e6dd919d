import { z } from 'zod';
import { method } from './define.ts';
import { emptySchema } from './methods/common.ts';

const fileKindSchema = z.object({ name: z.string(), extensions: z.array(z.string()) });

const chooseFilesSchema = z.object({
  kind: z.enum(['file', 'folder']),
  multiple: z.boolean().default(false),
  title: z.string().max(200).default(''),
  kinds: z.array(fileKindSchema).max(20).default([]),
});

const chooseSavePathSchema = z.object({
  title: z.string().max(200).default(''),
  /** Offered name of the file, without a folder. */
  name: z
    .string()
    .max(200)
    .regex(/^[^/\\]*$/u)
    .default(''),
  kinds: z.array(fileKindSchema).max(20).default([]),
});

const shellSchema = z.object({
  /** For the next start: by the card, by the processor, or by the processor since the graphics process crashed twice. */
  acceleration: z.enum(['auto', 'off', 'failed']),
  /** Whether the card draws the windows of this life of the app. */
  isAccelerated: z.boolean(),
  versions: z.object({ electron: z.string(), chrome: z.string(), node: z.string() }),
});

/** Characters; a longer text belongs in a file. */
const MOST_COPIED = 4_000_000;

/**
 * What only a desktop shell can do. A page calls these on the core, which passes them on: towards the shell the core
 * is the client, with the same frames in the other direction. Faces without a shell answer `host.unavailable`.
 */
export const HOST_CONTRACT = {
  /** Absolute paths in the order the person chose them; none where the dialog was closed. */
  'host.chooseFiles': method({
    input: chooseFilesSchema,
    output: z.object({ paths: z.array(z.string()) }),
    errors: ['host.unavailable'],
  }),
  'host.chooseSavePath': method({
    input: chooseSavePathSchema,
    output: z.object({ path: z.string().optional() }),
    errors: ['host.unavailable'],
  }),
  /** Shows a file or folder in the system's file manager. */
  'host.reveal': method({
    input: z.object({ path: z.string().min(1) }),
    output: emptySchema,
    errors: ['host.unavailable', 'host.path_missing'],
  }),
  /** Puts a text on the clipboard, which pages of the shell may not touch by themselves. */
  'host.copyText': method({
    input: z.object({ text: z.string().max(MOST_COPIED) }),
    output: emptySchema,
    errors: ['host.unavailable'],
  }),
  /** Opens an address of the allow-list in the system's browser, after the person has agreed. */
  'host.openExternal': method({
    input: z.object({ url: z.string().max(2000) }),
    output: z.object({ opened: z.boolean() }),
    errors: ['host.unavailable', 'host.address_refused'],
  }),
  /** How the shell draws, and what it is made of. */
  'host.shell': method({ input: emptySchema, output: shellSchema, errors: ['host.unavailable'] }),
  /** Takes effect at the next start of the app. */
  'host.setAcceleration': method({
    input: z.object({ acceleration: z.enum(['auto', 'off']) }),
    output: shellSchema,
    errors: ['host.unavailable'],
  }),
  /** Quits and starts again; live runs go on, and nobody is asked. */
  'host.relaunch': method({ input: emptySchema, output: emptySchema, errors: ['host.unavailable'] }),
} as const;

export type HostContract = typeof HOST_CONTRACT;
