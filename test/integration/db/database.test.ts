import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { backupFolder } from '../../../electron/core/db/backup.ts';
import type { Migration } from '../../../electron/core/db/migrate.ts';
import { MIGRATIONS } from '../../../electron/core/db/migrations/index.ts';
import { openDatabase, openDatabaseReadOnly } from '../../../electron/core/db/open.ts';

let folder: string;
let file: string;
let now = 1_700_000_000_000;
const nowMs = (): number => (now += 1);

const first: Migration = {
  version: 1,
  name: 'first',
  up: (db) => void db.exec('CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT) STRICT'),
};
const second: Migration = {
  version: 2,
  name: 'second',
  up: (db) => void db.exec("ALTER TABLE things ADD COLUMN colour TEXT; UPDATE things SET colour = 'red'"),
};
const failing: Migration = {
  version: 3,
  name: 'failing',
  up: (db) => {
    db.exec("UPDATE things SET name = 'spoiled'");
    throw new Error('the scripted failure');
  },
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), '数据库 '));
  file = path.join(folder, 'studio.db');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withOneThing(migrations: readonly Migration[]): Promise<void> {
  const db = await openDatabase(file, { migrations, nowMs });
  db.exec("INSERT INTO things (name) VALUES ('甲')");
  db.close();
}

test('the registry is numbered 1, 2, 3 … and builds strict tables only', async () => {
  expect(MIGRATIONS.map((migration) => migration.version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  const db = await openDatabase(file, { migrations: MIGRATIONS, nowMs });
  const tables = db.pragma('table_list') as { name: string; type: string; strict: number }[];
  const loose = tables.filter(
    ({ name, type, strict }) => type === 'table' && strict === 0 && !name.startsWith('sqlite_'),
  );
  expect(loose).toEqual([]);
  db.close();
});

test('an open database survives a power cut after a commit and keeps its references', async () => {
  const db = await openDatabase(file, { migrations: [first], nowMs });
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('synchronous', { simple: true })).toBe(2);
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
  db.close();
});

test('a migration keeps what is there and leaves a backup of what was', async () => {
  await withOneThing([first]);
  const db = await openDatabase(file, { migrations: [first, second], nowMs });
  expect(db.prepare('SELECT name, colour FROM things').get()).toEqual({ name: '甲', colour: 'red' });
  expect(db.pragma('user_version', { simple: true })).toBe(2);
  db.close();
  const [backup] = readdirSync(backupFolder(file));
  const old = new Database(path.join(backupFolder(file), backup ?? ''), { readonly: true });
  expect(old.pragma('user_version', { simple: true })).toBe(1);
  expect(old.prepare('SELECT * FROM things').all()).toEqual([{ id: 1, name: '甲' }]);
  old.close();
});

test('a new file and an up-to-date file are not backed up', async () => {
  await withOneThing([first]);
  (await openDatabase(file, { migrations: [first], nowMs })).close();
  expect(existsSync(backupFolder(file))).toBe(false);
});

test('a failing migration undoes the ones before it in the same start', async () => {
  await withOneThing([first]);
  const opening = openDatabase(file, { migrations: [first, second, failing], nowMs });
  await expect(opening).rejects.toMatchObject({ code: 'core.migration_failed', params: { version: 3 } });
  const db = new Database(file, { readonly: true });
  expect(db.pragma('user_version', { simple: true })).toBe(1);
  expect(db.prepare('SELECT * FROM things').all()).toEqual([{ id: 1, name: '甲' }]);
  db.close();
});

test('a migration that leaves a dangling reference is undone', async () => {
  const dangling: Migration = {
    version: 2,
    name: 'dangling',
    up: (db) =>
      void db.exec(
        'CREATE TABLE parts (thing INTEGER REFERENCES things (id)) STRICT; INSERT INTO parts VALUES (99)',
      ),
  };
  await withOneThing([first]);
  const opening = openDatabase(file, { migrations: [first, dangling], nowMs });
  await expect(opening).rejects.toMatchObject({ code: 'core.migration_failed' });
});

test('a file of a newer studio is refused and not changed by a byte', async () => {
  await withOneThing([first, second]);
  const before = readFileSync(file);
  const refusal = { code: 'core.database_newer', params: { path: file, found: 2, known: 1 } };
  await expect(openDatabase(file, { migrations: [first], nowMs })).rejects.toMatchObject(refusal);
  expect(() => openDatabaseReadOnly(file, { migrations: [first] })).toThrow(expect.objectContaining(refusal));
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a file that is no database, or a damaged one, is named and left as it is', async () => {
  writeFileSync(file, 'this is not a database, it only stands in its place'.repeat(40));
  const before = readFileSync(file);
  await expect(openDatabase(file, { migrations: [first], nowMs })).rejects.toMatchObject({
    code: 'core.database_unreadable',
  });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a reader beside the writer sees what is committed and can change nothing', async () => {
  const writer = await openDatabase(file, { migrations: [first], nowMs });
  const reader = openDatabaseReadOnly(file, { migrations: [first] });
  writer.exec("INSERT INTO things (name) VALUES ('乙')");
  expect(reader.prepare('SELECT name FROM things').all()).toEqual([{ name: '乙' }]);
  expect(() => reader.exec('DELETE FROM things')).toThrow(/readonly/u);
  reader.close();
  writer.close();
});

test('only the last three backups are kept', async () => {
  const steps: Migration[] = [first];
  for (let version = 2; version <= 6; version += 1) {
    await withOneThing(steps);
    steps.push({ version, name: `step ${version}`, up: () => undefined });
  }
  await withOneThing(steps);
  const kept = readdirSync(backupFolder(file)).sort();
  expect(kept.map((name) => name.split('-')[1])).toEqual(['v3', 'v4', 'v5']);
});

test('accounts join a database that has runs already, and take only the hubs that are known', async () => {
  const old = await openDatabase(file, { migrations: MIGRATIONS.slice(0, 4), nowMs });
  old.prepare("INSERT INTO settings (key, value) VALUES ('language', '\"en\"')").run();
  old.close();
  const db = await openDatabase(file, { migrations: MIGRATIONS.slice(0, 5), nowMs });
  expect(db.prepare('SELECT value FROM settings').pluck(true).all()).toEqual(['"en"']);
  const add = (hub: string): unknown =>
    db
      .prepare(
        "INSERT INTO accounts (id, hub, origin, label, created_at_ms) VALUES (?, ?, 'https://x', 'l', 1)",
      )
      .run(hub, hub);
  add('modelscope');
  add('huggingface');
  expect(() => add('elsewhere')).toThrow(/CHECK/u);
  // Catches: a place for a token in the database.
  const columns = db.pragma('table_info(accounts)') as { name: string }[];
  expect(columns.map(({ name }) => name)).toEqual([
    'id',
    'hub',
    'origin',
    'label',
    'username',
    'created_at_ms',
    'verified_at_ms',
  ]);
  db.close();
});

test('metrics by their series are the metrics that were there, run by run and key by key', async () => {
  const old = await openDatabase(file, { migrations: MIGRATIONS.slice(0, 3), nowMs });
  const values = ['a', 'b'].flatMap((run) =>
    ['loss', 'evalLoss'].flatMap((key) =>
      [0, 1, 7].map((step) => ({ run_id: run, key, step, value: step === 1 ? null : step / 3 })),
    ),
  );
  const addRun = old.prepare(`
    INSERT INTO runs (id, name, state, origin, dir, recipe, model_name, model_path, dataset_name, dataset_path,
      created_at_ms, attempts, step) VALUES (?, 'r', 'done', 'studio', '/r', '{}', 'm', '/m', 'd', '/d', 1, 1, 7)`);
  for (const run of ['a', 'b']) addRun.run(run);
  const add = old.prepare('INSERT INTO metrics VALUES (@run_id, @key, @step, @value)');
  for (const row of values) add.run(row);
  old.close();

  const db = await openDatabase(file, { migrations: MIGRATIONS.slice(0, 4), nowMs });
  const stored = db.prepare('SELECT * FROM metrics ORDER BY run_id, key DESC, step').all();
  expect(stored).toEqual(values);
  db.prepare("DELETE FROM runs WHERE id = 'a'").run();
  expect(db.prepare('SELECT DISTINCT run_id FROM metrics').pluck(true).all()).toEqual(['b']);
  expect(db.prepare('SELECT count(*) FROM metric_values').pluck(true).get()).toBe(6);
  db.close();
});
