import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createServices, type CoreServices } from '../../../electron/core/core-services.ts';
import { MIGRATIONS } from '../../../electron/core/db/migrations/index.ts';
import { openDatabase } from '../../../electron/core/db/open.ts';
import { createLog, type CoreLog } from '../../../electron/core/log/create-log.ts';
import { createRedactor } from '../../../electron/core/log/redactor.ts';
import { findText } from '../../helpers/find-text.ts';
import { fakeSpec, FAKE_RUNNER, markedProcesses, waitFor, writeScenario } from '../../helpers/job-harness.ts';
import { failure, TestStudio, testPorts } from '../core/core-harness.ts';

/** Of no form that a pattern knows: only the core's own knowledge of it can keep it out. */
const CANARY = 'K9xCanary+no.known~form';
/** Of the hub's form. */
const MS_CANARY = 'ms-c0ffee00-4e5f-6071-8293-a4b5c6d7e8f9';
const ORIGIN = 'https://modelscope.cn';

describe.each([
  ['of no known form', CANARY],
  ['of the hub’s form', MS_CANARY],
])('a canary %s', (_name, canary) => {
  let studio: TestStudio;
  let db: Database.Database;
  let log: CoreLog;
  let services: CoreServices;
  let account: string;
  const jobs: string[] = [];

  beforeEach(async () => {
    studio = new TestStudio();
    db = await openDatabase(path.join(studio.home, 'studio.db'), { migrations: MIGRATIONS, nowMs: Date.now });
    const redactor = createRedactor();
    log = createLog(path.join(studio.home, 'logs', 'core.log'), redactor);
    // The seam as it is, with handlers that do with a secret what a careless library would.
    const ports = { ...testPorts(studio.home), runScript: FAKE_RUNNER };
    services = createServices(db, ports, log.logger, { readOnly: false, redactor });
    ({ id: account } = await services.accounts.put({ hub: 'modelscope', token: canary }));
  });
  afterEach(async () => {
    await services.dispose();
    db.close();
    log.close();
    await studio.dispose();
  });

  const start = async (actions: Parameters<typeof writeScenario>[1]) => {
    const spec = fakeSpec();
    const dir = services.folder.jobDir(spec.id);
    jobs.push(spec.id);
    writeScenario(dir, actions);
    return services.supervisor.start(spec, {
      dir,
      detached: false,
      secrets: { hub: { account, origin: ORIGIN } },
    });
  };

  it('is used by a job that succeeds, one that fails and one that crashes, and is found nowhere after', async () => {
    for (const [then, state] of [
      ['succeed', 'done'],
      ['fail', 'failed'],
      ['crash', 'failed'],
      ['abort', 'failed'],
    ] as const) {
      const handle = await start([{ do: 'use-secrets', then }]);
      const { job } = await handle.exited;
      expect(job.state, then).toBe(state);
      const printed = readFileSync(path.join(job.dir, 'log.txt'), 'utf8');
      // It did have the secret, and did print it.
      expect(printed).toContain('login with [redacted]');
      expect(printed).toContain('half [redacted]');
      log.logger.error({ err: new Error(`defect with ${then === 'crash' ? MS_CANARY : ''}`) }, 'a defect');
    }
    db.pragma('wal_checkpoint(PASSIVE)');
    expect(findText(studio.home, [canary, canary.slice(4)])).toEqual([]);
  });

  // Catches: a secret on a command line or in an environment, where every program of the machine can read it.
  it('is in neither arguments nor environment of the job or anything it starts', async () => {
    const handle = await start([
      { do: 'linger-child' },
      { do: 'use-secrets', then: 'succeed' },
      { do: 'stream' },
    ]);
    await waitFor('the job to have logged in', () =>
      services.repositories.jobs.eventsAfter(handle.id, 0, 100).some(({ type }) => type === 'result'),
    );
    const pids = markedProcesses(handle.id);
    expect(pids.length).toBeGreaterThan(1);
    for (const pid of [...pids, process.pid])
      for (const part of ['cmdline', 'environ'])
        expect(
          readFileSync(`/proc/${String(pid)}/${part}`, 'latin1'),
          `${part} of ${String(pid)}`,
        ).not.toContain(canary);
    expect(findText(studio.home, [canary])).toEqual([]);
    await services.supervisor.stop(handle.id, { deadlineMs: 0 });
  });

  // Catches: the core trusting the job's own side alone. Its files are the job's; database and pages are ours.
  it('written past the job’s own redaction, is kept out of the database and of what a page is told', async () => {
    const spilled = await start([{ do: 'spill-secrets', code: 7 }]);
    const { job } = await spilled.exited;
    expect(job.error).toMatchObject({ code: 'job.ended_silently', detail: 'native: [redacted]' });

    const payload = `{"v":1,"seq":2,"t":1,"type":"phase","data":{"name":"login","detail":"as ${canary}"}`;
    const crc = crc32(payload).toString(16).padStart(8, '0');
    const raw = await start([
      { do: 'raw', text: `${payload},"crc":"${crc}"}\n` },
      { do: 'leave', code: 0 },
    ]);
    await raw.exited;
    const events = services.repositories.jobs.eventsAfter(raw.id, 0, 100);
    expect(events.find(({ type }) => type === 'phase')?.data).toEqual({
      name: 'login',
      detail: 'as [redacted]',
    });
    db.pragma('wal_checkpoint(PASSIVE)');
    const holders = findText(studio.home, [canary]).map((file) => path.basename(file));
    // `scenario.json` is how this test told the job what to write.
    expect(holders.sort()).toEqual(['events.ndjson', 'log.txt', 'scenario.json']);
  });

  it('is refused to a job that survives the core, and to another origin', async () => {
    const spec = fakeSpec();
    const asked = { dir: services.folder.jobDir(spec.id), secrets: { hub: { account, origin: ORIGIN } } };
    expect((await failure(services.supervisor.start(spec, { ...asked, detached: true }))).code).toBe(
      'job.secrets_invalid',
    );
    const other = fakeSpec();
    const elsewhere = services.supervisor.start(other, {
      dir: services.folder.jobDir(other.id),
      detached: false,
      secrets: { hub: { account, origin: 'https://evil.example' } },
    });
    expect((await failure(elsewhere)).code).toBe('accounts.other_origin');
    expect(services.supervisor.find(other.id)).toMatchObject({ state: 'failed' });
  });
});
