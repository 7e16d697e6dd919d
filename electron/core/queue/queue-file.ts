import { existsSync, readFileSync, renameSync } from 'node:fs';

import { z } from 'zod';

import { errorBodySchema } from '../../shared/contract/studio-error.ts';
import { writeJsonFile } from '../write-json-file.ts';

const entrySchema = z.object({
  runId: z.string(),
  /** Attempts of the run when it was queued: with more than these its turn has come. */
  attempts: z.int().nonnegative(),
  force: z.boolean().default(false),
  fromStep: z.int().min(1).optional(),
  queuedAtMs: z.int().nonnegative(),
});

/**
 * `queue.json` of the data folder: the order in which waiting runs start. A file of its own, so that it
 * outlives a database that is made anew from the run folders.
 */
const queueFileSchema = z.object({
  version: z.literal(1),
  paused: z.boolean().default(false),
  pausedBy: errorBodySchema.optional(),
  entries: z.array(entrySchema).default([]),
});

export type QueueEntry = Readonly<z.output<typeof entrySchema>>;
export type QueueState = Readonly<
  Omit<z.output<typeof queueFileSchema>, 'version' | 'entries'> & { entries: readonly QueueEntry[] }
>;

const EMPTY: QueueState = { paused: false, entries: [] };

/**
 * The queue as it was left. A file that cannot be read is put aside under another name, and the queue is paused:
 * its order is lost, its runs are not (each says by itself that it waits).
 */
export function readQueueFile(file: string, onDamage: (error: unknown) => void): QueueState {
  if (!existsSync(file)) return EMPTY;
  try {
    return queueFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    onDamage(error);
    return { ...EMPTY, paused: true };
  }
}

/** Keeps a damaged file for whoever wants to look at it. */
export function putAside(file: string): void {
  renameSync(file, `${file}.damaged`);
}

export function writeQueueFile(file: string, state: QueueState): void {
  writeJsonFile(file, { version: 1, ...state });
}
