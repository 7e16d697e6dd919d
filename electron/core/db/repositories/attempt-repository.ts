import type { Database } from 'better-sqlite3';
import { createRecordTable, type ColumnsOf } from './record-table.ts';

export type AttemptRecord = {
  readonly runId: string;
  readonly number: number;
  readonly jobId: string;
  readonly dir: string;
  readonly resumedFromStep?: number | undefined;
  readonly startStep?: number | undefined;
  readonly createdAtMs: number;
};

const ATTEMPT_COLUMNS: ColumnsOf<AttemptRecord> = {
  runId: 'text',
  number: 'number',
  jobId: 'text',
  dir: 'text',
  resumedFromStep: 'number',
  startStep: 'number',
  createdAtMs: 'number',
};

export type AttemptRepository = {
  save(attempt: AttemptRecord): void;
  byJob(jobId: string): AttemptRecord | undefined;
  ofRun(runId: string): readonly AttemptRecord[];
};

export function createAttemptRepository(db: Database): AttemptRepository {
  const table = createRecordTable<AttemptRecord>(db, 'attempts', ATTEMPT_COLUMNS, ['runId', 'number']);
  const byJob = db.prepare(`SELECT ${table.columns} FROM attempts WHERE job_id = ?`);
  const ofRun = db.prepare(`SELECT ${table.columns} FROM attempts WHERE run_id = ? ORDER BY number`);
  return {
    save: table.save,
    byJob: (jobId) => {
      const row = byJob.get(jobId);
      return row === undefined ? undefined : table.read(row);
    },
    ofRun: (runId) => ofRun.all(runId).map(table.read),
  };
}
