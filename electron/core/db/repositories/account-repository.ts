import type { Database } from 'better-sqlite3';

import type { Hub } from '../../../shared/domain/hub-endpoints.ts';
import { createRecordTable } from './record-table.ts';

/** What is known of an account besides its token. */
export type AccountRecord = Readonly<{
  id: string;
  hub: Hub;
  /** The only origin its token may go to. */
  origin: string;
  label: string;
  username: string | undefined;
  createdAtMs: number;
  verifiedAtMs: number | undefined;
  /** As the hub said when it was asked last; undefined where it does not say. */
  canWrite?: boolean | undefined;
  /** Names that the account may write under, its own first. */
  namespaces?: readonly string[] | undefined;
}>;

export type AccountRepository = {
  /** Oldest first. */
  list(): readonly AccountRecord[];
  find(id: string): AccountRecord | undefined;
  save(record: AccountRecord): void;
  remove(id: string): void;
};

export function createAccountRepository(db: Database): AccountRepository {
  const table = createRecordTable<AccountRecord>(
    db,
    'accounts',
    {
      id: 'text',
      hub: 'text',
      origin: 'text',
      label: 'text',
      username: 'text',
      createdAtMs: 'number',
      verifiedAtMs: 'number',
      canWrite: 'boolean',
      namespaces: 'json',
    },
    ['id'],
  );
  const list = db.prepare(`SELECT ${table.columns} FROM accounts ORDER BY created_at_ms, id`);
  const find = db.prepare(`SELECT ${table.columns} FROM accounts WHERE id = ?`);
  const remove = db.prepare('DELETE FROM accounts WHERE id = ?');
  return {
    list: () => list.all().map((row) => table.read(row)),
    find: (id) => {
      const row = find.get(id);
      return row === undefined ? undefined : table.read(row);
    },
    save: table.save,
    remove: (id) => void remove.run(id),
  };
}
