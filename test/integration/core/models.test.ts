import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { MIGRATIONS } from '../../../electron/core/db/migrations/index.ts';
import { openDatabase } from '../../../electron/core/db/open.ts';
import { rebuildDatabase } from '../../../electron/core/rebuild-database.ts';
import { ggufBytes, writeAdapter, writeForeignModel } from '../../helpers/model-files.ts';
import { failure, ROOT, testPorts, TestStudio } from './core-harness.ts';
import {
  checkpoint,
  FIXTURE_RUN_ID,
  ended,
  step,
  writeCheckpoint,
  writeRunFolder,
} from './run-folder-fixture.ts';

const TINY = path.join(ROOT, 'resources/tiny-model');

let studio: TestStudio;
let outside: string;

beforeEach(() => {
  studio = new TestStudio();
  outside = mkdtempSync(path.join(tmpdir(), 'models '));
});

afterEach(async () => {
  await studio.dispose();
  rmSync(outside, { recursive: true, force: true });
});

it('the library keeps every kind, searches, sorts and filters them, and a rebuilt database knows them again', async () => {
  const client = await studio.client();
  writeForeignModel(path.join(outside, 'foreign'));
  writeAdapter(path.join(outside, 'lora'), { base_model_name_or_path: '/somewhere/else/tiny-model' });
  const gguf = path.join(outside, 'answers.gguf');
  writeFileSync(gguf, ggufBytes({ 'general.architecture': 'llama' }));
  for (const one of [path.join(outside, 'lora'), path.join(outside, 'foreign'), gguf])
    await client.call('models.add', { path: one });
  const names = async (query: object): Promise<readonly string[]> =>
    (await client.call('models.list', query)).items.map((model) => model.name);
  expect(await names({ sort: 'name', descending: false })).toEqual(['answers', 'foreign', 'lora']);
  expect(await names({ kinds: ['adapter', 'gguf'], sort: 'parameters' })).toEqual(['answers', 'lora']);
  expect(await names({ search: 'gpt2' })).toEqual(['foreign']);

  const alone = await client.call('models.show', { model: 'lora' });
  expect(alone.facts).toMatchObject({ supported: false, reason: { code: 'model.adapter_base_missing' } });
  const base = await client.call('models.add', { path: TINY });
  const matched = await client.call('models.show', { model: 'lora' });
  expect(matched).toMatchObject({ base: { id: base.id }, baseModelPath: TINY, facts: { supported: true } });

  const before = (await client.call('models.list', { sort: 'name' })).items;
  await studio.close();
  expect((await rebuildDatabase(testPorts(studio.home))).skipped).toEqual([]);
  const again = await studio.client();
  expect((await again.call('models.list', { sort: 'name' })).items).toEqual(before);
});

it('what cannot be trained is refused by its reason where it is trained', async () => {
  const client = await studio.client();
  writeForeignModel(path.join(outside, 'foreign'));
  const gguf = path.join(outside, 'answers.gguf');
  writeFileSync(gguf, ggufBytes({}));
  await client.call('models.add', { path: path.join(outside, 'foreign') });
  await client.call('models.add', { path: gguf });
  expect((await failure(client.call('chat.open', { model: 'foreign' }))).code).toBe(
    'model.unsupported_architecture',
  );
  expect((await failure(client.call('chat.open', { model: 'answers' }))).code).toBe('model.gguf_not_trained');
});

it('the adapter of a run is listed as long as the run is, and leaves with it alone', async () => {
  const client = await studio.client();
  const dir = path.join(outside, 'run');
  const manifest = writeCheckpoint(dir, 2, 1_700_000_000_003);
  writeRunFolder(dir, [{ events: [step(1, 3), step(2, 2), checkpoint(2, manifest), ended('stopped', 10)] }]);
  await client.call('runs.adopt', { path: dir });
  const { items } = await client.call('models.list', { kinds: ['adapter'] });
  expect(items).toMatchObject([
    { id: FIXTURE_RUN_ID, kind: 'adapter', origin: 'run', runId: FIXTURE_RUN_ID, step: 2 },
  ]);
  expect((await client.call('models.show', { model: FIXTURE_RUN_ID })).origin).toBe('run');
  expect((await failure(client.call('models.remove', { model: FIXTURE_RUN_ID }))).code).toBe('model.of_run');
  await client.call('runs.remove', { run: FIXTURE_RUN_ID });
  expect((await client.call('models.list', {})).total).toBe(0);
});

it('digests are computed in the background, kept by file, and gone on with in a later life', async () => {
  const client = await studio.client();
  const copy = path.join(outside, 'copy');
  cpSync(TINY, copy, { recursive: true });
  const { id } = await client.call('models.add', { path: copy });
  await client.call('models.digest', { model: id });
  await expect
    .poll(async () => (await client.call('models.show', { model: id })).digests.state)
    .toBe('whole');
  const { digests } = await client.call('models.show', { model: id });
  const config = digests.files.find((file) => file.name === 'config.json');
  const expected = createHash('sha256')
    .update(readFileSync(path.join(copy, 'config.json')))
    .digest('hex');
  expect(config?.sha256).toBe(expected);
  expect(digests.doneBytes).toBe(digests.totalBytes);

  await studio.close();
  writeFileSync(path.join(copy, 'config.json'), `${readFileSync(path.join(copy, 'config.json'), 'utf8')} `);
  const later = await studio.client();
  const { digests: partial } = await later.call('models.show', { model: id });
  // Only the changed file is unknown: nothing else is read again.
  expect(partial.files.filter((file) => file.sha256 === undefined).map((file) => file.name)).toEqual([
    'config.json',
  ]);
  expect(partial.state).toBe('partial');
});

it('records of an older studio become bases and merged models', async () => {
  const file = path.join(outside, 'studio.db');
  const old = MIGRATIONS.filter((migration) => migration.version <= 5);
  const db = await openDatabase(file, { migrations: old, nowMs: () => 1 });
  const insert = db.prepare(
    `INSERT INTO models (id, name, path, origin, state, created_at_ms, facts) VALUES (?, ?, '/x', ?, 'ready', 5, '{"a":1}')`,
  );
  insert.run('A', '甲', 'added');
  insert.run('B', '乙', 'merged');
  db.close();
  (await openDatabase(file, { migrations: MIGRATIONS, nowMs: () => 2 })).close();
  const now = new Database(file, { readonly: true });
  expect(now.prepare('SELECT id, name, kind, origin, facts FROM models ORDER BY id').all()).toEqual([
    { id: 'A', name: '甲', kind: 'base', origin: 'added', facts: '{"a":1}' },
    { id: 'B', name: '乙', kind: 'merged', origin: 'merged', facts: '{"a":1}' },
  ]);
  now.close();
});
