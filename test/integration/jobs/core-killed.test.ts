import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { startCore } from '../../helpers/core-child.ts';
import {
  FAKE_RUNNER,
  fakeSpec,
  markedProcesses,
  temporaryHome,
  waitFor,
  writeScenario,
} from '../../helpers/job-harness.ts';

const KILLS = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 50 : 5;

test(`kill -9 of the core at ${KILLS} random moments loses and doubles no event, and the run goes on`, async () => {
  const home = temporaryHome();
  const spec = fakeSpec();
  const dir = path.join(home, 'jobs', 'job');
  writeFileSync(path.join(home, 'spec.json'), JSON.stringify(spec));
  writeScenario(dir, [{ do: 'stream', delayMs: 1 }]);
  const runners = new Set<number>();
  try {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const core = startCore(home, FAKE_RUNNER);
      // Every third kill strikes while the core is still starting, the others while it stores events.
      if (kill % 3 !== 0) await waitFor('the core', () => core.lines.length > 0);
      await delay(Math.random() * 400);
      core.kill();
      await core.gone;
      for (const pid of markedProcesses(spec.id)) runners.add(pid);
    }
    const core = startCore(home, FAKE_RUNNER);
    await waitFor('the core', () => core.lines.length > 0);
    await waitFor('the runner', () => markedProcesses(spec.id).length === 1);
    for (const pid of markedProcesses(spec.id)) runners.add(pid);
    const stop = { version: 1, id: 'end', command: 'stop', atMs: Date.now() };
    writeFileSync(path.join(dir, 'control', 'end.json'), JSON.stringify(stop));
    await core.gone;
    expect(core.lines.at(-1)).toBe('ended');

    // One runner from the first event to the last: the run went on.
    expect([...runners]).toHaveLength(1);
    const written = readFileSync(path.join(dir, 'events.ndjson'), 'utf8').trimEnd().split('\n').length;
    expect(written).toBeGreaterThan(KILLS);
    const db = new Database(path.join(home, 'studio.db'), { readonly: true });
    const expected = Array.from({ length: written }, (_, index) => index + 1);
    const seqs = (sql: string): unknown[] => db.prepare(sql).pluck().all();
    expect(seqs('SELECT seq FROM job_events ORDER BY seq')).toEqual(expected);
    expect(seqs('SELECT seq FROM projected ORDER BY seq')).toEqual(expected);
    expect(db.prepare('SELECT state, exit_code FROM jobs').get()).toEqual({
      state: 'stopped',
      exit_code: 10,
    });
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  } finally {
    for (const pid of markedProcesses(spec.id)) process.kill(pid, 'SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
});

test.each([
  ['that listens leaves resumably by itself', [{ do: 'stream' }], '600', 'interrupted'],
  ['that does not answer ends itself', [{ do: 'linger-child' }, { do: 'hang-deaf' }], '0.5', 'interrupted'],
])('a service job %s when its core is killed', async (_name, actions, grace, state) => {
  const home = temporaryHome();
  const spec = fakeSpec();
  const dir = path.join(home, 'jobs', 'job');
  writeFileSync(path.join(home, 'spec.json'), JSON.stringify(spec));
  writeScenario(dir, actions);
  writeFileSync(path.join(dir, 'orphan-grace-seconds'), grace);
  try {
    const core = startCore(home, FAKE_RUNNER, 'service');
    await waitFor('the core', () => core.lines.length > 0);
    const events = path.join(dir, 'events.ndjson');
    await waitFor('the job', () => existsSync(events) && readFileSync(events, 'utf8').split('\n').length > 2);
    core.kill();
    await core.gone;
    await waitFor('the job to be gone', () => markedProcesses(spec.id).length === 0);
    const next = startCore(home, FAKE_RUNNER, 'service');
    await next.gone;
    const db = new Database(path.join(home, 'studio.db'), { readonly: true });
    expect(db.prepare('SELECT state FROM jobs').pluck().get()).toBe(state);
    db.close();
  } finally {
    for (const pid of markedProcesses(spec.id)) process.kill(pid, 'SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
});
