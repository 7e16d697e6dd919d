import type { Database } from 'better-sqlite3';
import { createRecordTable, type ColumnsOf } from './record-table.ts';

export type CheckpointRecord = {
  readonly runId: string;
  readonly step: number;
  readonly path: string;
  readonly bytes: number;
  readonly manifestSha256: string;
  readonly reason: string;
  readonly evalLoss?: number | undefined;
  readonly best: boolean;
  readonly createdAtMs: number;
};

const CHECKPOINT_COLUMNS: ColumnsOf<CheckpointRecord> = {
  runId: 'text',
  step: 'number',
  path: 'text',
  bytes: 'number',
  manifestSha256: 'text',
  reason: 'text',
  evalLoss: 'number',
  best: 'boolean',
  createdAtMs: 'number',
};

export type CheckpointRepository = {
  /** Records a checkpoint; at most one of a run is the best. */
  save(checkpoint: CheckpointRecord): void;
  remove(runId: string, step: number): void;
  removeAfter(runId: string, step: number): void;
  /** Ascending steps. */
  ofRun(runId: string): readonly CheckpointRecord[];
};

export function createCheckpointRepository(db: Database): CheckpointRepository {
  const table = createRecordTable<CheckpointRecord>(db, 'checkpoints', CHECKPOINT_COLUMNS, ['runId', 'step']);
  const unmark = db.prepare('UPDATE checkpoints SET best = 0 WHERE run_id = ? AND best = 1');
  const remove = db.prepare('DELETE FROM checkpoints WHERE run_id = ? AND step = ?');
  const removeAfter = db.prepare('DELETE FROM checkpoints WHERE run_id = ? AND step > ?');
  const ofRun = db.prepare(`SELECT ${table.columns} FROM checkpoints WHERE run_id = ? ORDER BY step`);
  return {
    save: (checkpoint) => {
      if (checkpoint.best) unmark.run(checkpoint.runId);
      table.save(checkpoint);
    },
    remove: (runId, step) => void remove.run(runId, step),
    removeAfter: (runId, step) => void removeAfter.run(runId, step),
    ofRun: (runId) => ofRun.all(runId).map(table.read),
  };
}
