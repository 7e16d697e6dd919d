import type { Migration } from '../migrate.ts';

/** Accounts of hubs: whose token it is and where it may go. The token itself is never in the database. */
export const ACCOUNTS_MIGRATION: Migration = {
  version: 5,
  name: 'accounts',
  up: (db) => {
    db.exec(`
      CREATE TABLE accounts (
        id TEXT PRIMARY KEY,
        hub TEXT NOT NULL CHECK (hub IN ('modelscope', 'huggingface')),
        origin TEXT NOT NULL,
        label TEXT NOT NULL,
        username TEXT,
        created_at_ms INTEGER NOT NULL,
        verified_at_ms INTEGER
      ) STRICT;
    `);
  },
};
