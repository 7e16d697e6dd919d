-- One dataset is one SQLite file. This file is its whole schema.
--
-- The Python importer writes a complete new file under a temporary name, fsyncs it and renames it into
-- place; after that the file belongs to the core, which opens it (WAL) and makes every edit. Jobs read it
-- with mode=ro. Nothing else writes to it.
--
-- Conventions: JSON columns are UTF-8 JSON text, camelCase keys. Hashes are lower-case hexadecimal.
-- `record` counts the records of one source from 0; `line` is the 1-based line of the source on which the
-- record begins (after decoding; a quoted CSV cell or a pretty-printed object may span lines).

PRAGMA application_id = 1279607891;  -- 0x4C454453, "LEDS"
PRAGMA user_version = 1;

-- Facts about the whole dataset. Keys:
--   createdAtMs, importer      when and by which version of the importer the file was written
--   rows, train, eval, excluded, unreadable
--                              counts; rows = train + eval + excluded. `unreadable` are places of a source
--                              (broken lines) which yielded no record, so no row
--   contentHash                SHA-256 over "<split>:<row content_hash>\n" of all train and eval rows by id
--   evalFraction, seed         what the split was made with
-- An edit that changes rows rewrites the counts and contentHash in the same transaction.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  id        INTEGER PRIMARY KEY,
  file      TEXT    NOT NULL,              -- path relative to the folder that was imported, or the bare file name
  path      TEXT    NOT NULL,              -- absolute path at import time; only for display and for "import again"
  bytes     INTEGER NOT NULL CHECK (bytes >= 0),
  sha256    TEXT    NOT NULL,              -- of the file's bytes as they lie on disk (compressed if compressed)
  container TEXT    NOT NULL,              -- json-lines | json-array | json-object | json-values | csv | tsv | empty
                                           -- | parquet | arrow | xlsx | … for a source that could not be read
  encoding  TEXT    NOT NULL,              -- utf-8 | utf-8-bom | utf-16le | utf-16be | gb18030 | binary
  layouts   TEXT    NOT NULL CHECK (json_valid(layouts)),   -- JSON object: layout name -> number of records
  records   INTEGER NOT NULL CHECK (records >= 0),
  UNIQUE (path)
) STRICT;

-- Which fields became what, one line per layout met. `mapping` is the FieldMapping object of the import job.
CREATE TABLE mapping (
  layout  TEXT PRIMARY KEY,
  records INTEGER NOT NULL,
  mapping TEXT    NOT NULL CHECK (json_valid(mapping))
) STRICT, WITHOUT ROWID;

-- Every record of every source, in the order of reading. A record is in exactly one split.
CREATE TABLE rows (
  id              INTEGER PRIMARY KEY,
  source_id       INTEGER NOT NULL REFERENCES sources (id),
  record          INTEGER NOT NULL CHECK (record >= 0),
  line            INTEGER CHECK (line >= 1),
  layout          TEXT    NOT NULL,        -- '' when no layout fits
  split           TEXT    NOT NULL CHECK (split IN ('train', 'eval', 'excluded')),
  excluded_reason TEXT,                    -- a code row.* (or data.*), set exactly when excluded
  messages        TEXT    NOT NULL CHECK (json_valid(messages)),
                                           -- [{"role":"system"|"user"|"assistant","content":"…"}]; '[]' when excluded
  extra           TEXT    NOT NULL CHECK (json_valid(extra)),
                                           -- fields that are in no message, as they were (id, category, and the
                                           -- reference too when it was not put into the prompt)
  raw             TEXT,                    -- the record as JSON text, kept only for excluded rows
  content_hash    TEXT    NOT NULL,        -- SHA-256 of `messages`; '' when excluded
  prompt_hash     INTEGER NOT NULL,        -- 64-bit key of the normalised question: rows with equal keys are
                                           -- always in the same split; 0 when excluded
  UNIQUE (source_id, record),
  CHECK ((split = 'excluded') = (excluded_reason IS NOT NULL))
) STRICT;

CREATE INDEX rows_by_split   ON rows (split, id);
CREATE INDEX rows_by_content ON rows (content_hash) WHERE split <> 'excluded';
CREATE INDEX rows_by_prompt  ON rows (prompt_hash)  WHERE split <> 'excluded';

-- What was found. error: something was lost (a record excluded, a line unreadable, a source refused).
-- warning: repaired or worth knowing; nothing was lost.
CREATE TABLE problems (
  id        INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES sources (id),
  row_id    INTEGER REFERENCES rows (id),  -- null for a source or for a line that gave no record
  record    INTEGER,
  line      INTEGER,
  code      TEXT NOT NULL,                 -- row.* or data.*, texts in electron/shared/contract/errors
  level     TEXT NOT NULL CHECK (level IN ('error', 'warning')),
  key       TEXT,                          -- the field it is about
  detail    TEXT                           -- the raw fact: found type, parser message, character …
) STRICT;

CREATE INDEX problems_by_code ON problems (code, id);
CREATE INDEX problems_by_row  ON problems (row_id) WHERE row_id IS NOT NULL;

-- Results of dataset-statistics jobs; the core stores the job's `result` event here.
CREATE TABLE statistics (
  key           TEXT    PRIMARY KEY,       -- "<tokenizer hash>:<template>:<cutoff>:<contentHash>"
  created_at_ms INTEGER NOT NULL,
  value         TEXT    NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

-- Full text over the message contents of all rows, excluded ones included (their raw text). rowid = rows.id.
-- The indexed text has one space between CJK characters, so that a query is a phrase of its characters
-- ("离婚" is searched as "离 婚"). Contentless: to edit a row, first
--   INSERT INTO rows_fts (rows_fts, rowid, text) VALUES ('delete', :id, :oldSpacedText)
-- with the text exactly as it was indexed, then insert the new one.
-- Spaced text of a row = contents joined by "\n", then every run of the following characters with a space between
-- any two of them and on both sides of the run:
-- U+2E80–U+9FFF, U+A960–U+A97F, U+AC00–U+D7FF, U+F900–U+FAFF, U+FE30–U+FE4F, U+20000–U+3FFFF, and U+0000 as a space.
CREATE VIRTUAL TABLE rows_fts USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2');
