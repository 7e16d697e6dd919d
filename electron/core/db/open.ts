import { mkdirSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { Migration } from './migrate.ts';
import { assertNotNewer, migrate } from './migrate.ts';

/** Readers of another process never block the one writer under WAL; this covers checkpoints and recovery. */
const BUSY_TIMEOUT_MS = 5000;

export type OpenOptions = Readonly<{ migrations: readonly Migration[]; nowMs: () => number }>;

/**
 * Opens the studio's database for writing and brings it to the newest version. The caller holds the core
 * lock of the data folder.
 *
 * Throws `core.database_newer`, `core.migration_failed`, `core.database_unreadable`.
 */
export async function openDatabase(file: string, options: OpenOptions): Promise<Database.Database> {
  mkdirSync(path.dirname(file), { recursive: true });
  const db = openFile(file, {});
  try {
    readable(db);
    // Before any pragma that writes: a newer file is not touched at all.
    assertNotNewer(db, options.migrations);
    db.pragma('journal_mode = WAL');
    // A commit survives a power cut; the default of WAL mode (NORMAL) may lose the last ones.
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    await migrate(db, options.migrations, options.nowMs);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens an existing database for reading, beside the core that writes it. Throws as {@link openDatabase}. */
export function openDatabaseReadOnly(
  file: string,
  options: Pick<OpenOptions, 'migrations'>,
): Database.Database {
  const db = openFile(file, { readonly: true, fileMustExist: true });
  try {
    readable(db);
    assertNotNewer(db, options.migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function openFile(file: string, options: Database.Options): Database.Database {
  try {
    return new Database(file, { ...options, timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** SQLite opens lazily; the first read finds out whether the file is a database at all. */
function readable(db: Database.Database): void {
  try {
    const answer = db.pragma('quick_check(1)', { simple: true });
    if (answer !== 'ok') throw new Error(String(answer));
  } catch (error) {
    throw unreadable(db.name, error);
  }
}

function unreadable(file: string, error: unknown): StudioError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StudioError('core.database_unreadable', { path: file, reason }, { cause: error });
}
