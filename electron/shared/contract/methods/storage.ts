import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, errorSummarySchema, pageInputShape, pageOf, timeMsSchema } from './common.ts';

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

/** What disk use is told by. `orphans`: folders that no record refers to. */
export const USAGE_GROUPS = [
  'runs',
  'datasets',
  'models',
  'releases',
  'environments',
  'jobs',
  'cache',
  'trash',
  'orphans',
  'other',
] as const;

const bytesSchema = z.int().nonnegative();

const usageSchema = z.object({
  countedAtMs: timeMsSchema,
  /** Everything that is the studio's; a folder of a person's own models is not. */
  totalBytes: bytesSchema,
  freeDiskBytes: bytesSchema,
  /** Entries that may not be read, and are in no sum. */
  unreadable: z.int(),
  groups: z.array(z.object({ group: z.enum(USAGE_GROUPS), bytes: bytesSchema, count: z.int() })),
});

/** The last count, and how far the one under way is. */
export const storageTopicSchema = z.object({
  isCounting: z.boolean(),
  progress: z.object({ files: z.int(), bytes: bytesSchema }).optional(),
  usage: usageSchema.optional(),
  error: errorSummarySchema.optional(),
});

const usageItemSchema = z.object({
  key: z.string(),
  group: z.enum(USAGE_GROUPS),
  /** Of its record. */
  id: z.string().optional(),
  name: z.string(),
  path: z.string(),
  bytes: bytesSchema,
  /** False: a folder that a person added. It is shown and never deleted. */
  isOurs: z.boolean(),
  /** Kind of a job or of a trashed record. */
  kind: z.string().optional(),
  /** Of a run. */
  parts: z.object({ checkpoints: bytesSchema, adapter: bytesSchema, rest: bytesSchema }).optional(),
  /** Of an environment: whether jobs run on it now, and what else keeps it. */
  isCurrent: z.boolean().optional(),
  users: z.array(z.string()).optional(),
});

export const CLEAN_UP_KINDS = [
  'checkpoints',
  'jobs',
  'releases',
  'environment',
  'orphan',
  'trash',
  'tokens',
] as const;

const proposalSchema = z.object({
  key: z.string(),
  kind: z.enum(CLEAN_UP_KINDS),
  /** Of the run, environment, folder or entry; of jobs, their kind. */
  name: z.string(),
  /** What deleting frees. */
  bytes: bytesSchema,
  /** How many folders. */
  count: z.int(),
  paths: z.array(z.string()),
  /** Of checkpoints: those that would go. */
  steps: z.array(z.int()).optional(),
  /** Stands for the state that was shown; where it is another by now, nothing is deleted. */
  mark: z.string(),
});

export const STORAGE_METHODS = {
  /** The last count and how far the one under way is; the topic `storage` tells the same as it changes. */
  'storage.usage': method({ input: emptySchema, output: storageTopicSchema, errors: [] }),
  /** Counts anew, and returns at once. Does nothing where a count is under way. */
  'storage.count': method({ input: emptySchema, output: storageTopicSchema, errors: [] }),
  'storage.cancelCount': method({ input: emptySchema, output: storageTopicSchema, errors: [] }),
  /** What a group of the last count consists of, the largest first. */
  'storage.items': method({
    input: z.object({ group: z.enum(USAGE_GROUPS), ...pageInputShape }),
    output: pageOf(usageItemSchema),
    errors: [],
  }),
  /** What could be deleted without losing anything that is still needed, by the last count; the largest first. */
  'storage.proposals': method({
    input: emptySchema,
    output: z.object({ items: z.array(proposalSchema) }),
    errors: [],
  }),
  /**
   * Deletes for good what a person was shown and agreed to. What is something else by now, or needed again, is left
   * alone and told; the rest is deleted.
   */
  'storage.cleanUp': method({
    input: z.object({
      items: z
        .array(z.object({ key: z.string().max(200), mark: z.string().max(200) }))
        .min(1)
        .max(10_000),
    }),
    output: z.object({
      freedBytes: bytesSchema,
      done: z.array(z.string()),
      refused: z.array(z.object({ key: z.string(), error: errorSummarySchema })),
    }),
    errors: ['core.read_only'],
  }),
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
export type UsageGroup = (typeof USAGE_GROUPS)[number];
export type UsageItem = z.output<typeof usageItemSchema>;
export type CleanUpKind = (typeof CLEAN_UP_KINDS)[number];
export type CleanUpProposal = z.output<typeof proposalSchema>;
export type StorageTopicData = z.output<typeof storageTopicSchema>;
export type TrashView = z.output<typeof trashViewSchema>;
