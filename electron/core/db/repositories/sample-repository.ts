import type { Database } from 'better-sqlite3';
import { createRecordTable, type ColumnsOf } from './record-table.ts';

export type SampleRecord = {
  readonly runId: string;
  readonly step: number;
  readonly prompt: string;
  readonly answer: string;
  readonly finish: string;
  readonly tokens: number;
};

const SAMPLE_COLUMNS: ColumnsOf<SampleRecord> = {
  runId: 'text',
  step: 'number',
  prompt: 'text',
  answer: 'text',
  finish: 'text',
  tokens: 'number',
};

export type SampleRepository = {
  save(sample: SampleRecord): void;
  removeAfter(runId: string, step: number): void;
  ofRun(runId: string): readonly SampleRecord[];
};

export function createSampleRepository(db: Database): SampleRepository {
  const table = createRecordTable<SampleRecord>(db, 'samples', SAMPLE_COLUMNS, ['runId', 'step', 'prompt']);
  const removeAfter = db.prepare('DELETE FROM samples WHERE run_id = ? AND step > ?');
  const ofRun = db.prepare(`SELECT ${table.columns} FROM samples WHERE run_id = ? ORDER BY step, prompt`);
  return {
    save: table.save,
    removeAfter: (runId, step) => void removeAfter.run(runId, step),
    ofRun: (runId) => ofRun.all(runId).map(table.read),
  };
}
