import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import type Database from 'better-sqlite3';

/** Migrations are rare; three steps back is more than anyone has needed to go. */
const KEPT_BACKUPS = 3;
const PATTERN = /^studio-v(\d+)-\d+\.db$/u;

/** Folder of the backups that stands beside a database file. */
export function backupFolder(databasePath: string): string {
  return path.join(path.dirname(databasePath), 'backups');
}

/**
 * Copies a database with SQLite's online backup, so that the write-ahead log is included. Returns the path
 * `backups/studio-v<schema version>-<time>.db`. Older ones beyond the last three are removed.
 */
export async function backupBeforeMigration(
  db: Database.Database,
  version: number,
  nowMs: number,
): Promise<string> {
  const folder = backupFolder(db.name);
  mkdirSync(folder, { recursive: true });
  const target = path.join(folder, `studio-v${version}-${nowMs}.db`);
  await db.backup(target);
  removeOld(folder);
  return target;
}

function removeOld(folder: string): void {
  const byTime = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1, -'.db'.length));
  const names = readdirSync(folder).filter((name) => PATTERN.test(name));
  names.sort((left, right) => byTime(right) - byTime(left));
  for (const name of names.slice(KEPT_BACKUPS)) rmSync(path.join(folder, name));
}
