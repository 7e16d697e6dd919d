import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { readHeartbeat } from '../../../electron/core/jobs/liveness.ts';
import { linuxProcesses } from '../../../electron/core/platform/linux-processes.ts';
import { fakeSpec, JobHarness, markedProcesses, waitFor, writeScenario } from '../../helpers/job-harness.ts';

let harness: JobHarness;

beforeEach(async () => {
  harness = await new JobHarness().open();
});

afterEach(async () => {
  expect(await harness.destroy()).toEqual([]);
});

const started = async (jobId: string, type = 'progress'): Promise<void> => {
  await waitFor(`event ${type}`, () => harness.eventTypes(jobId).includes(type));
};

test('first rung: a job that listens stops by the control file, with exit code 10', async () => {
  const handle = await harness.start([{ do: 'stream' }]);
  await started(handle.id);
  const job = await harness.supervisor.stop(handle.id, { deadlineMs: 120_000 });
  expect(job).toMatchObject({ state: 'stopped', exitCode: 10, error: undefined });
  expect(job.stopRequestedAtMs).toBeTypeOf('number');
  expect(harness.eventTypes(handle.id)).toContain('control-ack');
});

test('second rung: a broken inbox does not keep a job from stopping', async () => {
  const platform = linuxProcesses();
  let terminations = 0;
  const deaf = await new JobHarness({
    platform: {
      ...platform,
      terminate: async (target) => {
        terminations += 1;
        await platform.terminate(target);
      },
    },
  }).open();
  const handle = await deaf.start([{ do: 'break-inbox' }, { do: 'stream' }]);
  await waitFor('progress', () => deaf.eventTypes(handle.id).includes('progress'));
  const job = await deaf.supervisor.stop(handle.id, { deadlineMs: 12_000 });
  expect(terminations).toBe(1);
  // The job knows a signal only, so it left resumably; the core knows that it was asked to stop.
  expect(job).toMatchObject({ state: 'stopped', exitCode: 75 });
  expect(await deaf.destroy()).toEqual([]);
});

test('third rung: what ignores file and signal is ended, and that counts as a stop', async () => {
  const handle = await harness.start([{ do: 'hang-deaf' }]);
  await started(handle.id, 'phase');
  const job = await harness.supervisor.stop(handle.id, { deadlineMs: 4000 });
  expect(job).toMatchObject({ state: 'stopped', exitSignal: 'SIGKILL', error: undefined });
});

test('a second request with an earlier deadline hurries the first', async () => {
  const handle = await harness.start([{ do: 'hang-deaf' }]);
  await started(handle.id, 'phase');
  const patient = harness.supervisor.stop(handle.id, { deadlineMs: 3_600_000 });
  await harness.supervisor.stop(handle.id, { deadlineMs: 0 });
  expect((await patient).state).toBe('stopped');
});

test('ending a job ends what left its group and what lost its parent', async () => {
  const handle = await harness.start([{ do: 'children' }, { do: 'hang-deaf' }]);
  await started(handle.id, 'phase');
  const { pids } = harness.job(handle.id).result as { pids: number[] };
  const processes = linuxProcesses();
  expect(pids.filter((pid) => processes.exists(pid))).toHaveLength(3);
  await harness.supervisor.stop(handle.id, { deadlineMs: 0 });
  await waitFor('the children to be gone', () => !pids.some((pid) => processes.exists(pid)));
});

test('a detached runner survives an orderly quit and is followed again', async () => {
  const handle = await harness.start([{ do: 'stream' }]);
  await started(handle.id);
  const before = harness.job(handle.id);
  await harness.close();
  expect(markedProcesses(handle.id)).toEqual([before.process?.pid]);
  await harness.open();
  expect(harness.supervisor.recover().map((job) => job.id)).toEqual([handle.id]);
  await waitFor('more events', () => harness.job(handle.id).tail.seq > before.tail.seq + 5);
  const job = await harness.supervisor.stop(handle.id, { deadlineMs: 120_000 });
  expect(job).toMatchObject({ state: 'stopped', exitCode: 10, process: before.process });
  const seqs = harness.repository.eventsAfter(handle.id, 0, 100_000).map((event) => event.seq);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
});

test('a runner that ended while nobody looked is taken in whole, as what it said', async () => {
  const handle = await harness.start([
    { do: 'wait-for-file', name: 'go' },
    { do: 'steps', count: 9 },
  ]);
  await started(handle.id, 'started');
  await harness.close();
  writeFileSync(path.join(harness.dirOf(handle.id), 'go'), '');
  await waitFor('its end', () => markedProcesses(handle.id).length === 0);
  await harness.open();
  harness.supervisor.recover();
  const { job } = await harness.supervisor.attach(handle.id).exited;
  expect(job).toMatchObject({ state: 'done', exitCode: 0, tail: { seq: 11 } });
});

test('a runner that was killed while nobody looked is interrupted, and nothing is started', async () => {
  const handle = await harness.start([{ do: 'stream' }]);
  await started(handle.id);
  const pid = harness.job(handle.id).process?.pid ?? 0;
  await harness.close();
  process.kill(pid, 'SIGKILL');
  await waitFor('its end', () => markedProcesses(handle.id).length === 0);
  await harness.open();
  harness.supervisor.recover();
  const { job } = await harness.supervisor.attach(handle.id).exited;
  expect(job).toMatchObject({ state: 'interrupted', error: { code: 'job.vanished' } });
  expect(markedProcesses(handle.id)).toEqual([]);
});

test.each([
  ['another start time', { osStartTime: '1' }],
  ['another boot', { bootId: 'another-boot' }],
  ['another nonce', { nonce: 'another-nonce' }],
])('a stranger with the same pid but %s is neither followed nor ended', async (_name, change) => {
  const handle = await harness.start([{ do: 'wait-for-file', name: 'never' }]);
  await started(handle.id, 'started');
  const dir = harness.dirOf(handle.id);
  await harness.close();
  const runner = readHeartbeat(dir);
  if (runner === undefined) throw new Error('a started job has a heartbeat');
  process.kill(runner.pid, 'SIGKILL');
  await waitFor('its end', () => markedProcesses(handle.id).length === 0);
  // The pid was used again: an innocent process has it.
  const stranger = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  try {
    const pid = stranger.pid ?? 0;
    const platform = linuxProcesses();
    const startTime = (await platform.startTime(pid)) ?? '';
    const forged = { ...runner, pid, osStartTime: startTime, ...change };
    writeFileSync(path.join(dir, 'heartbeat'), JSON.stringify(forged));
    await harness.open();
    harness.db
      .prepare('UPDATE jobs SET pid = ?, os_start_time = ?, boot_id = ? WHERE id = ?')
      .run(pid, forged.osStartTime, forged.bootId, handle.id);
    harness.supervisor.recover();
    const { job } = await harness.supervisor.attach(handle.id).exited;
    expect(job.state).toBe('interrupted');
    expect(platform.exists(pid)).toBe(true);
    await platform.killTree({ pid, osStartTime: 'other', bootId: runner.bootId }, 'LEGAL_EAGLE_JOB=none');
    await platform.terminate({ pid, osStartTime: 'other', bootId: runner.bootId });
    expect(platform.exists(pid)).toBe(true);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a service job ends with an orderly quit', async () => {
  const handle = await harness.start([{ do: 'stream' }], { detached: false });
  await started(handle.id);
  await harness.close();
  expect(markedProcesses(handle.id)).toEqual([]);
  await harness.open();
  expect(harness.job(handle.id)).toMatchObject({ state: 'stopped', exitCode: 75 });
});

test('a service job that does not answer is ended with the core', async () => {
  const handle = await harness.start([{ do: 'hang-deaf' }], { detached: false });
  await started(handle.id, 'phase');
  await harness.close();
  expect(markedProcesses(handle.id)).toEqual([]);
});

test('a job that hangs after its last event is ended', async () => {
  const handle = await harness.start([{ do: 'linger' }]);
  const { job } = await handle.exited;
  expect(job).toMatchObject({ state: 'done', exitCode: 0, error: undefined });
});

test('a process that is slow to start is waited for by the next core', async () => {
  const slow = await new JobHarness().open();
  const spec = fakeSpec();
  writeScenario(slow.dirOf(spec.id), []);
  writeFileSync(path.join(slow.dirOf(spec.id), 'start-delay-seconds'), '2');
  const handle = await slow.start([{ do: 'steps', count: 3 }], { spec });
  await slow.close();
  expect(existsSync(path.join(slow.dirOf(spec.id), 'heartbeat'))).toBe(false);
  await slow.open();
  slow.supervisor.recover();
  const { job } = await slow.supervisor.attach(handle.id).exited;
  expect(job).toMatchObject({ state: 'done', tail: { seq: 5 } });
  expect(await slow.destroy()).toEqual([]);
});

test('the heartbeat goes on while the job computes, and names the process', async () => {
  const handle = await harness.start([{ do: 'stream' }]);
  await started(handle.id);
  const first = readHeartbeat(harness.dirOf(handle.id));
  await waitFor(
    'the next beat',
    () => (readHeartbeat(harness.dirOf(handle.id))?.atMs ?? 0) > (first?.atMs ?? 0),
  );
  expect(first?.pid).toBe(harness.job(handle.id).process?.pid);
  expect(readFileSync(`/proc/${first?.pid ?? 0}/stat`, 'utf8').split(' ')[21]).toBe(first?.osStartTime);
  await harness.supervisor.stop(handle.id, { deadlineMs: 60_000 });
});
