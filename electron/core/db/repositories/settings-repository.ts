import type { Database } from 'better-sqlite3';

export type SettingsRepository = {
  all(): Readonly<Record<string, unknown>>;
  put(key: string, value: unknown): void;
};

export function createSettingsRepository(db: Database): SettingsRepository {
  const all = db.prepare('SELECT key, value FROM settings');
  const put = db.prepare(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return {
    all: () => {
      const rows = all.all() as { key: string; value: string }[];
      return Object.fromEntries(rows.map((row) => [row.key, JSON.parse(row.value) as unknown]));
    },
    put: (key, value) => void put.run(key, JSON.stringify(value)),
  };
}
