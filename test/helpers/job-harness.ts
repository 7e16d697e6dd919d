import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type Database from 'better-sqlite3';
import { monotonicFactory, ulid } from 'ulid';

import { MIGRATIONS } from '../../electron/core/db/migrations/index.ts';
import { openDatabase } from '../../electron/core/db/open.ts';
import { JobRepository } from '../../electron/core/db/repositories/job-repository.ts';
import type { JobSecrets } from '../../electron/core/jobs/job-secrets.ts';
import type { JobProjector, JobRecord } from '../../electron/core/jobs/job-record.ts';
import { JobSupervisor } from '../../electron/core/jobs/job-supervisor.ts';
import { createRedactor } from '../../electron/core/log/redactor.ts';
import { JOB_MARKER_NAME } from '../../electron/core/jobs/runner-environment.ts';
import { linuxProcesses } from '../../electron/core/platform/linux-processes.ts';
import type { ProcessPlatform } from '../../electron/core/ports.ts';
import type { JobKind, JobSpec } from '../../electron/shared/protocol/job-spec.ts';
import { PROTOCOL_VERSION } from '../../electron/shared/protocol/version.ts';

const root = path.resolve(import.meta.dirname, '../..');
export const TEST_PYTHON = process.env['LEGAL_EAGLE_TEST_PYTHON'] ?? 'python3';
export const FAKE_RUNNER = path.join(root, 'test/helpers/fake_runner.py');
export const REAL_RUNNER = path.join(root, 'python-runtime/run.py');
/** A cap, never an expectation: a wait ends as soon as its condition holds. */
const WAIT_CAP_MS = Number(process.env['LEGAL_EAGLE_TEST_WAIT_CAP_MS'] ?? 120_000);

export type Action = Readonly<Record<string, unknown> & { do: string }>;

/** A folder whose name breaks what cannot take spaces or Chinese. */
export function temporaryHome(): string {
  return mkdtempSync(path.join(tmpdir(), '微调 工作室 '));
}

export async function waitFor<Value>(what: string, probe: () => Value | undefined | false): Promise<Value> {
  const giveUpAtMs = Date.now() + WAIT_CAP_MS;
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > giveUpAtMs) throw new Error(`gave up waiting for: ${what}`);
    await delay(10);
  }
}

export function fakeSpec(kind: 'self-test' | 'chat' = 'self-test'): JobSpec {
  const params = kind === 'chat' ? { modelPath: '/none' } : {};
  return {
    version: PROTOCOL_VERSION,
    id: ulid(),
    kind: kind satisfies JobKind,
    createdAtMs: Date.now(),
    nonce: randomUUID(),
    params,
  } as JobSpec;
}

const wishes = (secrets: Readonly<Record<string, string>>): JobSecrets =>
  Object.fromEntries(Object.entries(secrets).map(([name, account]) => [name, { account, origin: '' }]));

/** Makes a job folder's scenario before the job is started. */
export function writeScenario(dir: string, actions: readonly Action[]): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'scenario.json'), JSON.stringify(actions));
}

/** Pids of living processes that carry the mark of a job. */
export function markedProcesses(jobId: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        if (/\) [ZX] /u.test(stat)) return false;
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`${JOB_MARKER_NAME}=${jobId}.`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

export type HarnessOptions = Readonly<{
  projectors?: (db: Database.Database) => readonly JobProjector[];
  runScript?: string;
  python?: string;
  platform?: ProcessPlatform;
  environment?: Readonly<Record<string, string | undefined>>;
  airGap?: boolean;
}>;

/** A supervisor on a real database in a folder of its own, running scripted jobs. */
export class JobHarness {
  readonly home: string;
  readonly logged: string[] = [];
  readonly #options: HarnessOptions;
  readonly #jobIds: string[] = [];
  #db: Database.Database | undefined;
  #supervisor: JobSupervisor | undefined;

  constructor(options: HarnessOptions = {}) {
    this.#options = options;
    this.home = temporaryHome();
  }

  get supervisor(): JobSupervisor {
    if (this.#supervisor === undefined) throw new Error('open() comes first');
    return this.#supervisor;
  }

  get db(): Database.Database {
    if (this.#db === undefined) throw new Error('open() comes first');
    return this.#db;
  }

  get repository(): JobRepository {
    return new JobRepository(this.db);
  }

  async open(): Promise<this> {
    const db = await openDatabase(path.join(this.home, 'studio.db'), {
      migrations: MIGRATIONS,
      nowMs: Date.now,
    });
    this.#db = db;
    const log = (_fields: unknown, message: string): void => void this.logged.push(message);
    this.#supervisor = new JobSupervisor({
      repository: new JobRepository(db),
      projectors: this.#options.projectors?.(db) ?? [],
      platform: this.#options.platform ?? linuxProcesses(),
      runner: () => ({
        python: this.#options.python ?? TEST_PYTHON,
        runScript: this.#options.runScript ?? FAKE_RUNNER,
      }),
      environment: this.#options.environment ?? process.env,
      airGap: () => this.#options.airGap ?? false,
      nowMs: Date.now,
      newId: monotonicFactory(),
      log: { warn: log, error: log },
      // An account's token is its name here.
      tokens: { token: ({ account }) => Promise.resolve(account) },
      redactor: createRedactor(),
    });
    return this;
  }

  dirOf(jobId: string): string {
    return path.join(this.home, 'jobs', jobId);
  }

  async start(
    actions: readonly Action[],
    options: Readonly<{ detached?: boolean; spec?: JobSpec; secrets?: Record<string, string> }> = {},
  ): Promise<ReturnType<JobSupervisor['attach']>> {
    const spec = options.spec ?? fakeSpec();
    this.#jobIds.push(spec.id);
    writeScenario(this.dirOf(spec.id), actions);
    return this.supervisor.start(spec, {
      dir: this.dirOf(spec.id),
      detached: options.detached ?? true,
      ...(options.secrets === undefined ? {} : { secrets: wishes(options.secrets) }),
    });
  }

  /** Runs a scripted job to its end. */
  async run(
    actions: readonly Action[],
    options: Parameters<JobHarness['start']>[1] = {},
  ): Promise<JobRecord> {
    const handle = await this.start(actions, options);
    return (await handle.exited).job;
  }

  job(jobId: string): JobRecord {
    const job = this.repository.find(jobId);
    if (job === undefined) throw new Error(`no job ${jobId}`);
    return job;
  }

  eventTypes(jobId: string): readonly string[] {
    return this.repository.eventsAfter(jobId, 0, 100_000).map((event) => event.type);
  }

  /** Closes the core as an orderly quit does; detached runners stay. */
  async close(): Promise<void> {
    await this.#supervisor?.dispose();
    this.#supervisor = undefined;
    this.#db?.close();
    this.#db = undefined;
  }

  /** Closes everything, ends what a failed test left, and returns the pids it had to end. */
  async destroy(): Promise<readonly number[]> {
    await this.close();
    const left = this.#jobIds.flatMap((jobId) => markedProcesses(jobId));
    for (const pid of left) process.kill(pid, 'SIGKILL');
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
    return left;
  }
}
