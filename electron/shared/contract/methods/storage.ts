import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, timeMsSchema } from './common.ts';

/** What is removed into the trash and can be given back. */
export const TRASH_KINDS = ['run', 'dataset', 'model'] as const;

const trashIdSchema = z.string().min(1).max(64);

const trashViewSchema = z.object({
  trashId: z.string(),
  kind: z.enum(TRASH_KINDS),
  /** Of the record as it was, and will be again. */
  id: z.string(),
  name: z.string(),
  removedAtMs: timeMsSchema,
  path: z.string(),
});

export const STORAGE_METHODS = {
  /** Newest first. Entries older than `keepDays` are deleted when the studio starts. */
  'storage.trash': method({
    input: emptySchema,
    output: z.object({ items: z.array(trashViewSchema), keepDays: z.int() }),
    errors: [],
  }),
  /** Gives a removed run, dataset or model back as it was. */
  'storage.restore': method({
    input: z.object({ trashId: trashIdSchema }),
    output: z.object({ kind: z.enum(TRASH_KINDS), id: z.string(), name: z.string() }),
    errors: ['core.read_only', 'storage.not_in_trash', 'storage.place_taken', 'storage.cannot_move'],
  }),
  /** Deletes entries of the trash for good: those that are named, and no other. Ids that are gone are left out. */
  'storage.emptyTrash': method({
    input: z.object({ trashIds: z.array(trashIdSchema).min(1).max(10_000) }),
    output: z.object({ trashIds: z.array(z.string()) }),
    errors: ['core.read_only', 'storage.cannot_move'],
  }),
} as const;

export type TrashKind = (typeof TRASH_KINDS)[number];
export type TrashView = z.output<typeof trashViewSchema>;
