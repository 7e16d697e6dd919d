import type Database from 'better-sqlite3';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { backupBeforeMigration } from './backup.ts';

export type Migration = Readonly<{
  /** The `user_version` of a database after this migration. */
  version: number;
  name: string;
  up: (db: Database.Database) => void;
}>;

/** `user_version` of an open database; 0 for a new file. */
export function schemaVersion(db: Database.Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** Refuses a file that a newer studio wrote: reading it by old rules would misread it silently. */
export function assertNotNewer(db: Database.Database, migrations: readonly Migration[]): void {
  const found = schemaVersion(db);
  const known = migrations.at(-1)?.version ?? 0;
  if (found > known) throw new StudioError('core.database_newer', { path: db.name, found, known });
}

/**
 * Brings a database to the newest version: a backup first, then every missing migration in one
 * transaction, so that a failure leaves the file as it was. Returns the path of the backup, if one was made.
 */
export async function migrate(
  db: Database.Database,
  migrations: readonly Migration[],
  nowMs: () => number,
): Promise<string | undefined> {
  assertNotNewer(db, migrations);
  const from = schemaVersion(db);
  const missing = migrations.filter((migration) => migration.version > from);
  if (missing.length === 0) return undefined;
  const backup = from === 0 ? undefined : await backupBeforeMigration(db, from, nowMs());
  // Rebuilding a table drops the old one, which foreign keys would answer by deleting the rows that point
  // at it. The pragma is ignored inside a transaction, so it stands outside.
  db.pragma('foreign_keys = OFF');
  try {
    db.transaction(() => {
      for (const migration of missing) applyOne(db, migration);
      const violations = db.pragma('foreign_key_check') as readonly unknown[];
      if (violations.length > 0) {
        throw new StudioError('core.migration_failed', {
          version: missing.at(-1)?.version,
          reason: `foreign key check: ${JSON.stringify(violations.slice(0, 5))}`,
        });
      }
    }).immediate();
  } finally {
    db.pragma('foreign_keys = ON');
  }
  return backup;
}

function applyOne(db: Database.Database, migration: Migration): void {
  try {
    migration.up(db);
    db.pragma(`user_version = ${migration.version}`);
  } catch (error) {
    throw new StudioError(
      'core.migration_failed',
      { version: migration.version, reason: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
}
