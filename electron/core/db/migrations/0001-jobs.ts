import type { Migration } from '../migrate.ts';

/** Jobs, their events, and how far each event file is stored. */
export const JOBS_MIGRATION: Migration = {
  version: 1,
  name: 'jobs',
  up: (db) => {
    db.exec(`
      CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        dir TEXT NOT NULL,
        spec TEXT NOT NULL CHECK (json_valid(spec)),
        nonce TEXT NOT NULL,
        detached INTEGER NOT NULL CHECK (detached IN (0, 1)),
        state TEXT NOT NULL CHECK (
          state IN ('starting', 'running', 'stopping', 'done', 'stopped', 'failed', 'interrupted')
        ),
        created_at_ms INTEGER NOT NULL,
        started_at_ms INTEGER,
        ended_at_ms INTEGER,
        stop_requested_at_ms INTEGER,
        pid INTEGER,
        os_start_time TEXT,
        boot_id TEXT,
        exit_code INTEGER,
        exit_signal TEXT,
        error_code TEXT,
        error_params TEXT CHECK (error_params IS NULL OR json_valid(error_params)),
        error_detail TEXT,
        result TEXT CHECK (result IS NULL OR json_valid(result)),
        event_offset INTEGER NOT NULL DEFAULT 0 CHECK (event_offset >= 0),
        event_seq INTEGER NOT NULL DEFAULT 0 CHECK (event_seq >= 0),
        event_file_identity TEXT,
        tail TEXT NOT NULL DEFAULT 'open' CHECK (tail IN ('open', 'complete', 'broken'))
      ) STRICT;
      CREATE INDEX jobs_by_state ON jobs (state);

      CREATE TABLE job_events (
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        seq INTEGER NOT NULL CHECK (seq >= 1),
        at_ms INTEGER NOT NULL,
        type TEXT NOT NULL,
        data TEXT NOT NULL CHECK (json_valid(data)),
        PRIMARY KEY (job_id, seq)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX job_events_by_type ON job_events (job_id, type, seq);
    `);
  },
};
