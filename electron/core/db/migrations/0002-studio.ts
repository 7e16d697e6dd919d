import type { Migration } from '../migrate.ts';

/** Datasets, models, runs and what runs report. Job folders remain the truth; these rows can be rebuilt. */
export const STUDIO_MIGRATION: Migration = {
  version: 2,
  name: 'studio',
  up: (db) => {
    db.exec(STUDIO_TABLES);
  },
};

const STUDIO_TABLES = `
CREATE TABLE datasets (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  path          TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('importing', 'ready', 'failed')),
  job_id        TEXT,
  created_at_ms INTEGER NOT NULL,
  counts        TEXT CHECK (json_valid(counts)),
  content_hash  TEXT,
  error         TEXT CHECK (json_valid(error))
) STRICT;
CREATE INDEX datasets_by_time ON datasets (created_at_ms DESC, id DESC);

CREATE TABLE models (
  id              TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  path            TEXT NOT NULL,
  origin          TEXT NOT NULL CHECK (origin IN ('added', 'merged')),
  state           TEXT NOT NULL CHECK (state IN ('ready', 'building', 'failed')),
  created_at_ms   INTEGER NOT NULL,
  facts           TEXT CHECK (json_valid(facts)),
  base_model_path TEXT,
  run_id          TEXT,
  step            INTEGER,
  job_id          TEXT,
  error           TEXT CHECK (json_valid(error)),
  parity          TEXT CHECK (json_valid(parity))
) STRICT;
CREATE INDEX models_by_time ON models (created_at_ms DESC, id DESC);
CREATE INDEX models_by_path ON models (path);

CREATE TABLE runs (
  id                TEXT PRIMARY KEY,
  name              TEXT NOT NULL,
  state             TEXT NOT NULL,
  origin            TEXT NOT NULL CHECK (origin IN ('studio', 'adopted')),
  dir               TEXT NOT NULL,
  recipe            TEXT NOT NULL CHECK (json_valid(recipe)),
  model_id          TEXT,
  model_name        TEXT NOT NULL,
  model_path        TEXT NOT NULL,
  dataset_id        TEXT,
  dataset_name      TEXT NOT NULL,
  dataset_path      TEXT NOT NULL,
  created_at_ms     INTEGER NOT NULL,
  started_at_ms     INTEGER,
  ended_at_ms       INTEGER,
  attempts          INTEGER NOT NULL,
  job_id            TEXT,
  step              INTEGER NOT NULL,
  steps             INTEGER,
  epoch             REAL,
  loss              REAL,
  loss_first        REAL,
  eval_loss         REAL,
  eval_loss_first   REAL,
  best_eval_loss    REAL,
  best_eval_step    INTEGER,
  tokens_per_second REAL,
  eta_ms            REAL,
  plan              TEXT CHECK (json_valid(plan)),
  device            TEXT CHECK (json_valid(device)),
  result            TEXT CHECK (json_valid(result)),
  error             TEXT CHECK (json_valid(error))
) STRICT;
CREATE INDEX runs_by_time  ON runs (created_at_ms DESC, id DESC);
CREATE INDEX runs_by_name  ON runs (name COLLATE NOCASE, id);
CREATE INDEX runs_by_state ON runs (state, created_at_ms DESC);

CREATE TABLE attempts (
  run_id            TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  number            INTEGER NOT NULL CHECK (number >= 1),
  job_id            TEXT    NOT NULL UNIQUE,
  dir               TEXT    NOT NULL,
  resumed_from_step INTEGER,
  start_step        INTEGER,
  created_at_ms     INTEGER NOT NULL,
  PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

-- value is null where the run reported NaN or an infinity.
CREATE TABLE metrics (
  run_id TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  key    TEXT    NOT NULL,
  step   INTEGER NOT NULL,
  value  REAL,
  PRIMARY KEY (run_id, key, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  run_id          TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  step            INTEGER NOT NULL,
  path            TEXT    NOT NULL,
  bytes           INTEGER NOT NULL,
  manifest_sha256 TEXT    NOT NULL,
  reason          TEXT    NOT NULL,
  eval_loss       REAL,
  best            INTEGER NOT NULL CHECK (best IN (0, 1)),
  created_at_ms   INTEGER NOT NULL,
  PRIMARY KEY (run_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE samples (
  run_id TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  step   INTEGER NOT NULL,
  prompt TEXT    NOT NULL,
  answer TEXT    NOT NULL,
  finish TEXT    NOT NULL,
  tokens INTEGER NOT NULL,
  PRIMARY KEY (run_id, step, prompt)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;
`;
