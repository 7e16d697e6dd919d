import type { Migration } from '../migrate.ts';

/** Tags and a note that a person gives a run; `run.json` in the run's folder carries them too. */
export const RUN_LABELS_MIGRATION: Migration = {
  version: 3,
  name: 'run-labels',
  up: (db) => {
    db.exec(`
      ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags));
      ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
    `);
  },
};
