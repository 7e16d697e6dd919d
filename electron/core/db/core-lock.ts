import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import Database from 'better-sqlite3';
import { z } from 'zod';

import type { Disposable } from '../../shared/contract/disposable.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { ProcessPlatform } from '../ports.ts';

const LOCK_FILE = 'core.lock';
/**
 * Carries the lock itself: SQLite's lock on this empty database is the system's own, so it is taken in one
 * step and is gone with its holder, however that ends. `core.lock` says who the holder is.
 */
const MUTEX_FILE = 'core.mutex';
/** Between taking the lock and having written its name the owner needs a moment. */
const NAME_TRIES = 20;
const NAME_PAUSE_MS = 50;

const ownerSchema = z.object({
  pid: z.int(),
  osStartTime: z.string(),
  bootId: z.string(),
  command: z.string(),
});

export type CoreLockOwner = Readonly<z.output<typeof ownerSchema>>;

/**
 * Makes this process the only core of a data folder until it disposes of the lock or dies. A lock whose
 * owner is gone is taken over. Throws `core.data_folder_in_use` with the owner's pid and command.
 */
export async function lockDataFolder(
  home: string,
  platform: ProcessPlatform,
  command: string,
): Promise<Disposable> {
  mkdirSync(home, { recursive: true });
  const mutex = takeMutex(path.join(home, MUTEX_FILE));
  if (mutex === undefined) throw inUse(home, await nameOwner(home, platform));
  try {
    // Written by a core on a file system that does not keep locks (some network drives): still its folder.
    const owner = readOwner(home);
    if (owner !== undefined && (await isAlive(platform, owner))) throw inUse(home, owner);
    const osStartTime = (await platform.startTime(process.pid)) ?? '';
    const self: CoreLockOwner = { pid: process.pid, osStartTime, bootId: await platform.bootId(), command };
    const temporary = path.join(home, `${LOCK_FILE}.tmp`);
    writeFileSync(temporary, JSON.stringify(self));
    await platform.replaceFile(temporary, path.join(home, LOCK_FILE));
  } catch (error) {
    mutex.close();
    throw error;
  }
  let isDisposed = false;
  return {
    dispose: () => {
      if (isDisposed) return;
      isDisposed = true;
      rmSync(path.join(home, LOCK_FILE), { force: true });
      mutex.close();
    },
  };
}

/** Who holds a data folder now; undefined where nobody does. Takes no lock. */
export async function dataFolderOwner(
  home: string,
  platform: ProcessPlatform,
): Promise<CoreLockOwner | undefined> {
  const owner = readOwner(home);
  return owner !== undefined && (await isAlive(platform, owner)) ? owner : undefined;
}

function takeMutex(file: string): Database.Database | undefined {
  const mutex = new Database(file, { timeout: 0 });
  try {
    mutex.exec('BEGIN EXCLUSIVE');
    return mutex;
  } catch (error) {
    mutex.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}

function readOwner(home: string): CoreLockOwner | undefined {
  const file = path.join(home, LOCK_FILE);
  if (!existsSync(file)) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Half written by a dying machine: it names nobody.
    return undefined;
  }
}

async function nameOwner(home: string, platform: ProcessPlatform): Promise<CoreLockOwner | undefined> {
  for (let attempt = 0; attempt < NAME_TRIES; attempt += 1) {
    const owner = await dataFolderOwner(home, platform);
    if (owner !== undefined) return owner;
    await delay(NAME_PAUSE_MS);
  }
  return undefined;
}

async function isAlive(platform: ProcessPlatform, owner: CoreLockOwner): Promise<boolean> {
  if (owner.bootId !== (await platform.bootId())) return false;
  return (await platform.startTime(owner.pid)) === owner.osStartTime;
}

function inUse(home: string, owner: CoreLockOwner | undefined): StudioError {
  const named = owner === undefined ? 'unknown' : `${owner.command} (pid ${owner.pid})`;
  return new StudioError('core.data_folder_in_use', { path: home, owner: named, pid: owner?.pid });
}
