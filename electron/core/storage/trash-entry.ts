import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { TRASH_KINDS } from '../../shared/contract/methods/storage.ts';
import { writeJsonFile } from '../write-json-file.ts';

/** What a folder of the trash says about itself; written before anything is moved. */
const trashEntrySchema = z.object({
  version: z.literal(1),
  kind: z.enum(TRASH_KINDS),
  /** Of the record that the content belongs to. */
  id: z.string().min(1),
  name: z.string().min(1),
  removedAtMs: z.int().nonnegative(),
  /** What the content does not say by itself and the record needs again; its kind knows the shape. */
  kept: z.unknown(),
});

export type TrashEntry = Readonly<z.output<typeof trashEntrySchema>>;

const ENTRY_FILE = 'entry.json';

export function contentDir(entryDir: string): string {
  return path.join(entryDir, 'content');
}

export function hasContent(entryDir: string): boolean {
  return existsSync(contentDir(entryDir));
}

export function writeTrashEntry(entryDir: string, entry: TrashEntry): void {
  writeJsonFile(path.join(entryDir, ENTRY_FILE), entry);
}

/** Undefined where there is none, or none that can be read. */
export function readTrashEntry(entryDir: string): TrashEntry | undefined {
  try {
    return trashEntrySchema.parse(JSON.parse(readFileSync(path.join(entryDir, ENTRY_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}
