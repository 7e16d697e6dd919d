import type { Migration } from '../migrate.ts';

/** What was released, or is being released; and what a hub said of an account. */
export const RELEASES_MIGRATION: Migration = {
  version: 7,
  name: 'releases',
  up: (db) => {
    db.exec(`
      CREATE TABLE releases (
        id                   TEXT PRIMARY KEY,
        name                 TEXT NOT NULL,
        hub                  TEXT NOT NULL CHECK (hub IN ('modelscope', 'huggingface')),
        origin               TEXT NOT NULL,
        account              TEXT NOT NULL,
        language             TEXT NOT NULL CHECK (language IN ('zh', 'en')),
        existing             TEXT NOT NULL CHECK (existing IN ('refuse', 'update-private', 'update-any')),
        max_bytes_per_second INTEGER,
        plan_only            INTEGER NOT NULL,
        cancelled            INTEGER NOT NULL,
        created_at_ms        INTEGER NOT NULL,
        ended_at_ms          INTEGER,
        card                 TEXT NOT NULL CHECK (json_valid(card)),
        parts                TEXT NOT NULL CHECK (json_valid(parts)),
        public_reason        TEXT
      ) STRICT;
      CREATE INDEX releases_by_time ON releases (created_at_ms DESC, id DESC);
      ALTER TABLE accounts ADD COLUMN can_write INTEGER;
      ALTER TABLE accounts ADD COLUMN namespaces TEXT CHECK (json_valid(namespaces));
    `);
  },
};
