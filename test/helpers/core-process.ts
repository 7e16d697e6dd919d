/**
 * A core that exists to be killed: takes the lock of a data folder, starts the scripted job where there is
 * none, takes it up again where there is one, and projects every event into a table of its own.
 *
 * Arguments: data folder, python, run script, and `service` for a job that is not to survive. Writes `following <pid>` when it follows a job, `ended` at its
 * end, each on a line of standard output.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { monotonicFactory } from 'ulid';

import { lockDataFolder } from '../../electron/core/db/core-lock.ts';
import { MIGRATIONS } from '../../electron/core/db/migrations/index.ts';
import { openDatabase } from '../../electron/core/db/open.ts';
import { JobRepository } from '../../electron/core/db/repositories/job-repository.ts';
import { createRedactor } from '../../electron/core/log/redactor.ts';
import { JobSupervisor } from '../../electron/core/jobs/job-supervisor.ts';
import { linuxProcesses } from '../../electron/core/platform/linux-processes.ts';
import type { JobSpec } from '../../electron/shared/protocol/job-spec.ts';

const [home, python, runScript, lifetime] = process.argv.slice(2);
if (home === undefined || python === undefined || runScript === undefined) throw new Error('three arguments');

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const platform = linuxProcesses();
const lock = await lockDataFolder(home, platform, 'core-process test');
const projections = {
  version: (MIGRATIONS.at(-1)?.version ?? 0) + 1,
  name: 'projections of the test',
  up: (database: Parameters<(typeof MIGRATIONS)[number]['up']>[0]) => {
    database.exec('CREATE TABLE projected (job_id TEXT, seq INTEGER) STRICT');
  },
};
const db = await openDatabase(path.join(home, 'studio.db'), {
  migrations: [...MIGRATIONS, projections],
  nowMs: Date.now,
});
// No primary key: a second projection of one event has to show.
const insert = db.prepare('INSERT INTO projected (job_id, seq) VALUES (?, ?)');
const quiet = (): void => undefined;
const supervisor = new JobSupervisor({
  repository: new JobRepository(db),
  projectors: [
    {
      project: (job, events) => {
        for (const event of events) {
          insert.run(job.id, event.seq);
          // Most of this process's life passes inside a transaction, where the kill has to be survived.
          if (event.seq % 20 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        }
      },
    },
  ],
  platform,
  runner: () => ({ python, runScript }),
  environment: process.env,
  airGap: () => false,
  nowMs: Date.now,
  newId: monotonicFactory(),
  log: { warn: quiet, error: quiet },
  tokens: { token: () => Promise.reject(new Error('no accounts')) },
  redactor: createRedactor(),
});

const dir = path.join(home, 'jobs', 'job');
const spec = JSON.parse(readFileSync(path.join(home, 'spec.json'), 'utf8')) as JobSpec;
if (supervisor.find(spec.id) === undefined)
  await supervisor.start(spec, { dir, detached: lifetime !== 'service' });
else supervisor.recover();
say(`following ${process.pid}`);
await supervisor.attach(spec.id).exited;
await supervisor.dispose();
db.close();
lock.dispose();
say('ended');
