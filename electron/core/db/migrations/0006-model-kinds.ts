import type { Migration } from '../migrate.ts';

/** Models are more than folders to train: their kind, and where they came from. A check cannot be altered, so the table is made anew. */
export const MODEL_KINDS_MIGRATION: Migration = {
  version: 6,
  name: 'model-kinds',
  up: (db) => {
    db.exec(`
      DROP INDEX models_by_time;
      DROP INDEX models_by_path;
      ALTER TABLE models RENAME TO models_before;
      CREATE TABLE models (
        id              TEXT PRIMARY KEY,
        name            TEXT NOT NULL,
        path            TEXT NOT NULL,
        kind            TEXT NOT NULL CHECK (kind IN ('base', 'adapter', 'merged', 'gguf')),
        origin          TEXT NOT NULL CHECK (origin IN ('added', 'merged', 'downloaded')),
        state           TEXT NOT NULL CHECK (state IN ('ready', 'building', 'failed')),
        created_at_ms   INTEGER NOT NULL,
        facts           TEXT CHECK (json_valid(facts)),
        source          TEXT CHECK (json_valid(source)),
        base_model_path TEXT,
        run_id          TEXT,
        step            INTEGER,
        job_id          TEXT,
        error           TEXT CHECK (json_valid(error)),
        parity          TEXT CHECK (json_valid(parity))
      ) STRICT;
      INSERT INTO models (id, name, path, kind, origin, state, created_at_ms, facts, base_model_path, run_id, step,
        job_id, error, parity)
      SELECT id, name, path, CASE origin WHEN 'merged' THEN 'merged' ELSE 'base' END, origin, state, created_at_ms,
        facts, base_model_path, run_id, step, job_id, error, parity
      FROM models_before;
      DROP TABLE models_before;
      CREATE INDEX models_by_time ON models (created_at_ms DESC, id DESC);
      CREATE INDEX models_by_path ON models (path);
    `);
  },
};
