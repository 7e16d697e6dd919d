import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { writeJsonFile } from '../write-json-file.ts';

/** In a folder that was moved and not used since: only then does deleting it lose nothing. */
const FILE_NAME = '.legal-eagle-moved-away.json';

const noteSchema = z.object({ version: z.literal(1), to: z.string() });

export function writeMovedAway(home: string, to: string): void {
  writeJsonFile(path.join(home, FILE_NAME), { version: 1, to });
}

/** A core that opens the folder for writing may make it differ from its copy. */
export function forgetMovedAway(home: string): void {
  rmSync(path.join(home, FILE_NAME), { force: true });
}

function readMovedAway(home: string): string | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(path.join(home, FILE_NAME), 'utf8'))).to;
  } catch {
    return undefined;
  }
}

/** Of one life of a core; they are not copied. */
const PASSING = new Set(['core.lock', 'core.mutex', 'studio.db-wal', 'studio.db-shm']);

/**
 * Deletes what a move has left behind, entry by entry: what the new folder holds too. Anything else stays, and the
 * folder with it. Repeated after a kill it goes on. Throws `data_folder.previous_used`.
 */
export async function deleteMovedAway(previous: string, home: string): Promise<void> {
  if (!existsSync(previous)) return;
  if (readMovedAway(previous) !== home)
    throw new StudioError('data_folder.previous_used', { path: previous });
  for (const name of await readdir(previous)) {
    if (name === FILE_NAME) continue;
    if (PASSING.has(name) || existsSync(path.join(home, name)))
      await rm(path.join(previous, name), { recursive: true, force: true });
  }
  // Last: it is what allows the deletion to go on after a kill.
  forgetMovedAway(previous);
  if ((await readdir(previous)).length === 0) await rm(previous, { recursive: true });
}
