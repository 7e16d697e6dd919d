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
} as const;

export type HostContract = typeof HOST_CONTRACT;
