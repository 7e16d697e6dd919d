import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { sampleChildren } from '../../helpers/child-samples.ts';
import { startCommandedHub, type CommandedHub } from '../../helpers/commanded-hub.ts';
import { forkCore, type ForkedCore } from '../../helpers/forked-core.ts';
import { filesBelow, filesWith, secretForms } from '../../helpers/secret-forms.ts';
import { failure, TEST_PYTHON, TestStudio } from '../core/core-harness.ts';
import {
  addAccount,
  HUB_OWNER,
  HUB_TOKEN,
  makeRelease,
  MERGED,
  RUN,
  settled,
  until,
  type Client,
} from './released-studio.ts';

const ADAPTER = { part: 'adapter', run: RUN, repository: `${HUB_OWNER}/canary-lora` } as const;
const WHOLE = { part: 'merged', model: MERGED, repository: `${HUB_OWNER}/canary` } as const;
const WRONG_TOKEN = 'ms-b07c1d9e-41a6-4f0d-9c55-02de8a71f3b6';
/** Many files: what is on its way at a cut may still arrive whole from the system's buffers. */
const SHARD_BYTES = 400_000;
/** More than all of the adapter, and far less than all of the model. */
const FIRST_CUT_BYTES = 1_500_000;
const NEXT_CUT_BYTES = 100_000;
/** Both tokens, what the hub's sign-in gives for them, and what is in the addresses that it gives out. */
const FORMS = [HUB_TOKEN, WRONG_TOKEN, `git-${'0'.repeat(32)}`].flatMap(secretForms).concat('Signature=');

/** Its own test below shows that each of the looks here can find something. */
describe.skipIf(process.platform !== 'linux')('a token of a hub', () => {
  const studio = new TestStudio();
  const temporary = mkdtempSync(path.join(tmpdir(), 'canary '));
  const exports = mkdtempSync(path.join(tmpdir(), '导出 '));
  const folders = [studio.home, temporary, exports];
  const samples = sampleChildren();
  let hub: CommandedHub;
  let core: ForkedCore;
  let client: Client;
  let account: string;
  let releaseId: string;

  const open = async (): Promise<void> => {
    core = await forkCore(studio.home, temporary);
    ({ client } = core);
    samples.watch(core.pid);
  };
  /** Does what starts a job, and lets the hub answer that job only once it has been looked at. */
  const lookedAt = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = samples.jobs().size;
    await hub.tell({ do: 'hold' });
    const working = work();
    // The hub is silent, so a failure in between is one before any job.
    const failed = new Promise<never>((_resolve, reject) => void working.catch(reject));
    const isSeen = until(
      () => samples.jobs().size,
      (count) => count > before,
    );
    await Promise.race([isSeen, failed]);
    await hub.tell({ do: 'let' });
    return working;
  };
  const resume = (): Promise<unknown> =>
    lookedAt(() => client.call('releases.resume', { release: releaseId }));
  /** Resumes the release until the hub has so many more bytes, and holds it there. */
  const resumedUntil = async (bytes: number): Promise<void> => {
    const received = (await hub.facts()).receivedBytes + bytes;
    await hub.tell({ do: 'stop_at', received });
    await resume();
    await until(hub.facts, (facts) => facts.receivedBytes >= received);
  };
  const errors = async (): Promise<readonly (string | undefined)[]> =>
    (await settled(client, releaseId)).parts.map(({ error }) => error?.code);
  const found = (): readonly string[] => [
    ...filesWith(folders, FORMS),
    ...samples
      .all()
      .flatMap((sample) =>
        FORMS.filter((form) => `${sample.arguments}\0${sample.environment}`.includes(form)),
      ),
  ];

  beforeAll(async () => {
    hub = await startCommandedHub(TEST_PYTHON, 'modelscope');
    await makeRelease(await studio.client(), { maxShardBytes: SHARD_BYTES });
    await studio.close();
    await open();
  });

  afterAll(async () => {
    samples.stop();
    await core.close();
    await studio.dispose();
    await hub.close();
    for (const folder of [temporary, exports]) rmSync(folder, { recursive: true, force: true });
    expect(studio.defects).toEqual([]);
  });

  // Would catch: a secret in arguments, an environment, a job's specification, an event, an error's words, a log, the
  // database or its journal, the state of an upload, a temporary file.
  it('lies nowhere after signing in, sending, failing and crashing', async () => {
    const wrong = await addAccount(client, hub.endpoint, WRONG_TOKEN);
    const refused = await failure(lookedAt(() => client.call('accounts.verify', { account: wrong })));
    expect(refused.code).toBe('upload.token_refused');
    await client.call('accounts.remove', { account: wrong });
    account = await addAccount(client, hub.endpoint);
    await lookedAt(() => client.call('accounts.verify', { account }));

    // The hub refuses, and its words repeat the headers that it got.
    await hub.tell({ do: 'commits', faults: ['echo'] });
    ({ releaseId } = await lookedAt(() =>
      client.call('releases.start', { parts: [ADAPTER, WHOLE], account }),
    ));
    expect(await errors()).toEqual(['upload.commit_refused', undefined]);

    // The token is refused in the middle.
    await resumedUntil(FIRST_CUT_BYTES);
    await hub.tell({ do: 'expire', route: 'blob' });
    await hub.tell({ do: 'go_on' });
    expect(await errors()).toEqual([undefined, 'upload.token_expired']);

    // The job dies in the middle.
    await hub.tell({ do: 'renew' });
    await client.call('accounts.put', { account, token: HUB_TOKEN });
    await resumedUntil(NEXT_CUT_BYTES);
    const { jobId = '' } = (await client.call('releases.get', { release: releaseId })).parts[1] ?? {};
    const pid = samples.jobs().get(jobId);
    if (pid === undefined) throw new Error(`no process of ${jobId} among ${String(samples.jobs().size)}`);
    process.kill(pid, 'SIGKILL');
    await hub.tell({ do: 'go_on' });
    expect(await errors()).toEqual([undefined, 'job.killed']);

    // The core dies in the middle; its database is left with its journal.
    await resumedUntil(NEXT_CUT_BYTES);
    await core.kill();
    expect((await hub.facts()).commits.length).toBe(1);
    expect(filesBelow(studio.home).some((file) => file.endsWith('.db-wal'))).toBe(true);
    expect(found()).toEqual([]);
    await hub.tell({ do: 'go_on' });

    await open();
    await settled(client, releaseId);
    await client.call('accounts.put', { account, token: HUB_TOKEN });
    await resume();
    expect(await errors()).toEqual([undefined, undefined]);
    await hub.tell({ do: 'check' });
    const wish = { hub: 'modelscope', repository: WHOLE.repository, endpoint: hub.endpoint } as const;
    const { modelId } = await lookedAt(() => client.call('models.download', { ...wish, name: '回' }));
    const back = await until(
      () => client.call('models.show', { model: modelId }),
      ({ state }) => state !== 'building',
    );
    expect(back.error).toBeUndefined();
    await lookedAt(() =>
      client.call('releases.publish', {
        release: releaseId,
        confirmed: [ADAPTER.repository, WHOLE.repository],
        reason: '公有领域法条',
      }),
    );
    const published = await settled(client, releaseId);
    expect(published.parts.map(({ visibility }) => visibility)).toEqual(['public', 'public']);
    const { jobId: exporting } = await client.call('models.export', {
      run: RUN,
      format: 'adapter-llama',
      path: exports,
      folderName: '适配器',
    });
    await until(
      () => client.call('jobs.show', { jobId: exporting }),
      ({ state }) => !isLive(state),
    );

    // All of it took place, and where it took place was looked at.
    expect((await hub.facts()).withToken).toBeGreaterThan(10);
    const all = folders.flatMap(filesBelow);
    for (const part of [
      '.db-wal',
      'events.ndjson',
      'job.json',
      'log.txt',
      'state.json',
      'release.json',
      '适配器/',
    ]) {
      expect(all.filter((file) => file.includes(part)).length, part).toBeGreaterThan(0);
    }
    expect(all.some((file) => file.includes('core.txt'))).toBe(true);
    expect(found()).toEqual([]);
    await core.close();
    expect(found()).toEqual([]);
  });

  it('would be found in any of these places, in any of these forms', async () => {
    const planted = path.join(temporary, 'planted');
    mkdirSync(planted);
    const look = (): readonly string[] => filesWith([planted], FORMS);
    for (const form of FORMS) {
      const file = path.join(planted, 'events.ndjson');
      writeFileSync(file, `{"detail":"before ${form} behind"}\n`, 'latin1');
      expect(look()).toContain(`${file}: ${form}`);
      rmSync(file);
    }
    const coders: readonly ((token: string) => string)[] = [
      (token) => Buffer.from(`oauth2:${token}`).toString('base64'),
      (token) => Buffer.from(`{"AccessToken":"${token}"}`).toString('base64url'),
      (token) => encodeURIComponent(`https://${token}@hub/`),
      (token) => JSON.stringify({ token }),
    ];
    for (const code of coders) {
      writeFileSync(path.join(planted, 'log.txt'), code(HUB_TOKEN));
      expect(look().length).toBeGreaterThan(0);
      rmSync(path.join(planted, 'log.txt'));
    }
    expect(look()).toEqual([]);

    const database = new Database(path.join(planted, 'studio.db'));
    database.pragma('journal_mode = WAL');
    database.exec('CREATE TABLE job (params TEXT) STRICT');
    database.prepare('INSERT INTO job VALUES (?)').run(JSON.stringify({ token: HUB_TOKEN }));
    expect(look()).toEqual([`${path.join(planted, 'studio.db-wal')}: ${HUB_TOKEN}`]);
    database.close();
    expect(look()).toEqual([`${path.join(planted, 'studio.db')}: ${HUB_TOKEN}`]);

    const others = sampleChildren();
    const waits = 'process.stdin.resume()';
    const child = spawn(process.execPath, ['-e', waits, '--', `--token=${HUB_TOKEN}`], {
      env: { PLANTED: Buffer.from(WRONG_TOKEN).toString('base64') },
    });
    try {
      others.watch(process.pid);
      // A fork that has not become its program yet shows what its parent has.
      const ours = (): string =>
        others
          .all()
          .filter(({ pid }) => pid === child.pid)
          .map((sample) => `${sample.arguments}\0${sample.environment}`)
          .join('\0');
      const seen = await until(ours, (text) => text.includes('PLANTED='));
      for (const token of [HUB_TOKEN, WRONG_TOKEN])
        expect(secretForms(token).filter((form) => seen.includes(form)).length).toBeGreaterThan(0);
    } finally {
      others.stop();
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    }
  });
});
