import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { EnvironmentPlace, EnvironmentPlaces } from '../ports.ts';
import { writeJsonFile } from '../write-json-file.ts';
import { withEnvironmentLock } from './environment-lock.ts';

const userSchema = z.object({ version: z.literal(1), home: z.string(), lastUsedAtMs: z.int() });

/** Who has run jobs on an environment: a file for each data folder, beside the packages. */
const USERS_DIR = 'legal-eagle-users';
/** The names that this program gives; anything else in the folder is somebody else's. */
const NAME = /^(?:cpu|cu126|cu130|dev)-[0-9a-f]{12}$/u;
/** Of an environment that is being deleted: it counts for nothing any more. */
const REMOVING = '.removing';

/** The environments of this user's cache folder, which all data folders share. */
export const createEnvironmentStore = (
  folder: () => string,
  nowMs: () => number,
): Omit<EnvironmentPlaces, 'current'> => {
  const names = (): readonly string[] => (existsSync(folder()) ? readdirSync(folder()).sort() : []);
  const placeOf = (name: string): string => path.join(folder(), name);
  return {
    list: () =>
      names()
        .filter((name) => NAME.test(name))
        .map((name) => ({ name, path: placeOf(name), users: usersOf(placeOf(name)) })),
    noteUse: (name, home) => {
      const dir = placeOf(name);
      if (!NAME.test(name) || !existsSync(dir)) return;
      const key = createHash('sha256').update(home).digest('hex').slice(0, 16);
      try {
        mkdirSync(path.join(dir, USERS_DIR), { recursive: true });
        writeJsonFile(path.join(dir, USERS_DIR, `${key}.json`), { version: 1, home, lastUsedAtMs: nowMs() });
      } catch {
        // A shared folder that only its owner may write: it is then never offered for deletion here.
      }
    },
    remove: async (name) => {
      const dir = placeOf(name);
      if (!NAME.test(name) || !existsSync(dir)) throw new StudioError('storage.changed', { name });
      // Whoever installs into it waits, and then makes it anew.
      const doomed = await withEnvironmentLock(dir, () => {
        const aside = `${dir}${REMOVING}`;
        try {
          renameSync(dir, aside);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new StudioError('storage.cannot_move', { path: dir, reason }, { cause: error });
        }
        return Promise.resolve(aside);
      });
      await rm(doomed, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
    sweep: async () => {
      for (const name of names().filter((one) => one.endsWith(REMOVING))) {
        await rm(placeOf(name), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      }
    },
  };
};

const usersOf = (dir: string): EnvironmentPlace['users'] => {
  let files: readonly string[];
  try {
    files = readdirSync(path.join(dir, USERS_DIR));
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    try {
      const { home, lastUsedAtMs } = userSchema.parse(
        JSON.parse(readFileSync(path.join(dir, USERS_DIR, file), 'utf8')),
      );
      return [{ home, lastUsedAtMs }];
    } catch {
      return [];
    }
  });
};
