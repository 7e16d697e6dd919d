import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { isLive } from '../../../electron/shared/domain/run-state.ts';
import type { JobEvent } from '../../../electron/shared/protocol/events.ts';
import { fakeSpec, JobHarness, markedProcesses, waitFor } from '../../helpers/job-harness.ts';

let harness: JobHarness;

beforeEach(async () => {
  harness = await new JobHarness().open();
});

afterEach(async () => {
  // A test that leaves a process behind has found a leak.
  expect(await harness.destroy()).toEqual([]);
});

test('a job that ends well has every event stored once and its file read to the end', async () => {
  const job = await harness.run([{ do: 'steps', count: 25 }]);
  expect(job).toMatchObject({ state: 'done', exitCode: 0, error: undefined });
  expect(harness.eventTypes(job.id)).toEqual(['started', ...Array<string>(25).fill('progress'), 'ended']);
  const file = readFileSync(path.join(job.dir, 'events.ndjson'));
  expect(job.tail).toMatchObject({ status: 'complete', seq: 27, offsetBytes: file.length });
});

test('a flood larger than many reads arrives whole and in order', async () => {
  const job = await harness.run([{ do: 'steps', count: 20_000 }]);
  expect(job.state).toBe('done');
  const events = harness.repository.eventsAfter(job.id, 0, 30_000);
  expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 20_002 }, (_, index) => index + 1));
});

test('non-finite numbers arrive as null with their places named, Chinese text unharmed', async () => {
  const job = await harness.run([{ do: 'not-finite' }]);
  expect(job.result).toEqual({ a: null, b: { c: [1, null] }, d: '法律', nonFinite: ['a', 'b.c.1'] });
});

test('a crash is reported with its traceback', async () => {
  const job = await harness.run([{ do: 'crash' }]);
  expect(job).toMatchObject({ state: 'failed', exitCode: 1, error: { code: 'job.crashed' } });
  expect(job.error?.detail).toContain('the scripted crash 崩溃');
});

test('the code, parameters and exit code of a failure reach the record', async () => {
  const job = await harness.run([{ do: 'fail', code: 'data.empty_file', exitCode: 22 }]);
  expect(job).toMatchObject({
    state: 'failed',
    exitCode: 22,
    error: { code: 'data.empty_file', params: { row: 7 } },
  });
});

test.each([
  [0, 'failed', 'job.ended_silently'],
  [1, 'failed', 'job.ended_silently'],
  [10, 'stopped', undefined],
  [20, 'failed', 'job.ended_silently'],
  [21, 'failed', 'job.out_of_memory'],
  [22, 'failed', 'job.ended_silently'],
  [23, 'failed', 'job.environment_broken'],
  [24, 'failed', 'job.disk_full'],
  [75, 'interrupted', 'job.ended_silently'],
] as const)('exit code %i without a last event comes to %s', async (code, state, error) => {
  const job = await harness.run([{ do: 'leave', code }]);
  expect(job).toMatchObject({ state, exitCode: code });
  expect(job.error?.code).toBe(error);
});

test.each([
  ['SIGKILL', 'interrupted', 'job.killed'],
  ['SIGSEGV', 'failed', 'job.crashed'],
] as const)('a death by %s comes to %s', async (signal, state, code) => {
  const job = await harness.run([{ do: 'kill-self', signal }]);
  expect(job).toMatchObject({ state, exitSignal: signal, error: { code } });
});

test('a torn last line is ignored and stays as it is', async () => {
  const torn = '{"v":1,"seq":3,"t":1,"type":"prog';
  const job = await harness.run([
    { do: 'steps', count: 1 },
    { do: 'raw', text: torn },
    { do: 'leave', code: 75 },
  ]);
  expect(job).toMatchObject({ state: 'interrupted', tail: { seq: 2, status: 'open' } });
  expect(readFileSync(path.join(job.dir, 'events.ndjson'), 'utf8').endsWith(torn)).toBe(true);
});

test.each([
  ['garbage', { do: 'raw', text: 'Traceback (most recent call last):\n' }, 'crc'],
  ['an empty line', { do: 'raw', text: '\n' }, 'crc'],
  ['a known event of wrong form', { do: 'emit', type: 'progress', data: { done: 'many' } }, 'progress'],
  ['a line that never ends', { do: 'raw', text: 'x'.repeat(1024), times: 1200 }, 'longer'],
  [
    'a skipped number',
    { do: 'raw', text: '{"v":1,"seq":9,"t":1,"type":"phase","data":{"name":"a"},"crc":"f6c93a17"}\n' },
    'seq',
  ],
])('%s marks the job, stops the tail and leaves the process alone', async (_name, action, reason) => {
  const handle = await harness.start([{ do: 'steps', count: 3 }, action, { do: 'stream' }]);
  const job = await waitFor('the mark', () => {
    const found = harness.job(handle.id);
    return found.error === undefined ? undefined : found;
  });
  expect(job.error?.code).toBe('job.protocol_violation');
  expect(String(job.error?.params['reason'])).toContain(reason);
  expect(job.tail).toMatchObject({ status: 'broken', seq: 4 });
  expect(isLive(job.state)).toBe(true);
  expect(markedProcesses(handle.id)).not.toEqual([]);
  const stopped = await harness.supervisor.stop(handle.id, { deadlineMs: 60_000 });
  expect(stopped).toMatchObject({ state: 'failed', error: { code: 'job.protocol_violation' } });
});

test('an event of an unknown type is logged, left out, and counted', async () => {
  const job = await harness.run([
    { do: 'emit', type: 'brand-new', data: { x: 1 } },
    { do: 'steps', count: 1 },
  ]);
  expect(job).toMatchObject({ state: 'done', tail: { seq: 4 } });
  expect(harness.eventTypes(job.id)).toEqual(['started', 'progress', 'ended']);
  expect(harness.logged).toContain('unknown event left out');
});

test.each([
  ['shrinks', { do: 'shrink', bytes: 10 }],
  ['is replaced by a copy', { do: 'replace' }],
])('an event file that %s is an error', async (_name, action) => {
  const handle = await harness.start([
    { do: 'steps', count: 5 },
    { do: 'wait-for-file', name: 'go' },
    action,
    { do: 'wait-for-file', name: 'never' },
  ]);
  await waitFor('the events', () => harness.job(handle.id).tail.seq === 6);
  writeFileSync(path.join(harness.dirOf(handle.id), 'go'), '');
  await waitFor('the error', () => harness.job(handle.id).error?.code === 'job.events_replaced');
  await harness.supervisor.stop(handle.id, { deadlineMs: 60_000 });
});

test('a folder is run once', async () => {
  const first = await harness.run([]);
  const again = { ...fakeSpec(), id: 'again' };
  const start = harness.supervisor.start(again, { dir: first.dir, detached: true });
  await expect(start).rejects.toMatchObject({ code: 'job.launch_failed' });
  expect(harness.job('again')).toMatchObject({ state: 'failed', error: { code: 'job.launch_failed' } });
});

test('a missing interpreter is a failed job with a code', async () => {
  const broken = await new JobHarness({ python: '/nowhere/python' }).open();
  const spec = fakeSpec();
  await expect(broken.start([], { spec })).rejects.toMatchObject({ code: 'job.launch_failed' });
  expect(broken.job(spec.id)).toMatchObject({ state: 'failed', error: { code: 'job.launch_failed' } });
  await broken.destroy();
});

test('a broken entry script is a job that never started, with the log as detail', async () => {
  const broken = await new JobHarness({ runScript: '/nowhere/run.py' }).open();
  const job = await broken.run([]);
  expect(job).toMatchObject({ state: 'failed', error: { code: 'job.never_started' } });
  expect(job.error?.detail).toContain('run.py');
  await broken.destroy();
});

test('a runner holds no descriptor, variable or argument it was not meant to have', async () => {
  const secret = 'hf_do_not_leak_this';
  const careful = await new JobHarness({
    environment: { ...process.env, PYTHONPATH: '/evil', HF_TOKEN: secret, HTTPS_PROXY: 'http://u:p@proxy' },
  }).open();
  const job = await careful.run([{ do: 'describe' }], { detached: false, secrets: { hub: secret } });
  const result = job.result as {
    descriptors: string[];
    environment: string[];
    arguments: string[];
    secretLengths: Record<string, number>;
    leadsGroup: boolean;
    isolated: number;
    utf8: number;
  };
  expect(result.secretLengths).toEqual({ hub: secret.length });
  expect(result.environment).not.toEqual(expect.arrayContaining(['PYTHONPATH']));
  expect(result.environment.filter((name) => /^PYTHON|TOKEN|PROXY/u.test(name))).toEqual([]);
  expect(result.environment).toEqual(
    expect.arrayContaining(['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', 'PATH']),
  );
  expect(result.arguments.join(' ')).not.toContain(secret);
  // 0, 1, 2, the event file, and the directory that is being listed.
  const unexpected = result.descriptors.filter(
    (text) => !/^[012]:/u.test(text) && !/events\.ndjson$|\/proc\//u.test(text),
  );
  expect(unexpected).toEqual([]);
  expect(result).toMatchObject({ leadsGroup: true, isolated: 1, utf8: 1 });
  const stored = careful.db.prepare('SELECT count(*) AS n FROM jobs WHERE spec LIKE ?').get(`%${secret}%`);
  expect(stored).toEqual({ n: 0 });
  expect(readFileSync(path.join(job.dir, 'job.json'), 'utf8')).not.toContain(secret);
  expect(await careful.destroy()).toEqual([]);
});

test('commands arrive in the order of sending and are acknowledged once each', async () => {
  const handle = await harness.start([{ do: 'commands', count: 3 }]);
  const sent = (['save-now', 'ping', 'sample-now', 'save-now'] as const).map(
    (command) => harness.supervisor.control(handle.id, command).id,
  );
  const { job } = await handle.exited;
  expect(job.result).toEqual({ commands: ['save-now', 'sample-now', 'save-now'] });
  const acks = harness.repository
    .eventsAfter(handle.id, 0, 100)
    .filter((event) => event.type === 'control-ack')
    .map((event) => (event.data as { id: string }).id);
  expect(acks).toEqual(sent);
});

test('a chat job answers on a private channel that a print does not reach', async () => {
  const handle = await harness.start([{ do: 'answer-requests' }], {
    detached: false,
    spec: fakeSpec('chat'),
  });
  const { input, replies } = handle;
  if (input === undefined || replies === undefined) throw new Error('a chat job has both channels');
  const lines: string[] = [];
  createInterface({ input: replies }).on('line', (line) => lines.push(line));
  input.write('{"id":"1","text":"你好"}\n{"id":"2"}\n');
  await waitFor('both replies', () => lines.length === 2);
  expect(lines).toEqual(['{"id":"1","text":"你好"}', '{"id":"2"}']);
  input.end();
  const { job } = await handle.exited;
  // The end of stdin means that the core is gone: stopped so that it can be taken up again.
  expect(job).toMatchObject({ state: 'interrupted', exitCode: 75 });
  expect(readFileSync(path.join(job.dir, 'log.txt'), 'utf8')).toContain("a library's print");
});

const isThirdStep = (event: JobEvent): boolean => event.type === 'progress' && event.data.done === 3;

test('a projector that fails undoes the whole batch and stops the tail', async () => {
  const strict = await new JobHarness({
    projectors: () => [
      {
        project: (_job, events) => {
          if (events.some(isThirdStep)) throw new Error('the scripted defect');
        },
      },
    ],
  }).open();
  const job = await strict.run([{ do: 'steps', count: 5 }]);
  expect(job).toMatchObject({ tail: { status: 'broken' }, error: { code: 'job.projection_failed' } });
  const seqs = strict.repository.eventsAfter(job.id, 0, 100).map((event) => event.seq);
  expect(seqs.length).toBe(job.tail.seq);
  expect(seqs.every((seq) => seq < 4)).toBe(true);
  expect(await strict.destroy()).toEqual([]);
});

test('a full disk under the database loses and doubles nothing once there is room again', async () => {
  let refusals = 2;
  const full = await new JobHarness({
    projectors: () => [
      {
        project: (_job, events) => {
          if (!events.some(isThirdStep) || refusals === 0) return;
          refusals -= 1;
          throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
        },
      },
    ],
  }).open();
  const job = await full.run([{ do: 'steps', count: 5 }]);
  expect(refusals).toBe(0);
  expect(job).toMatchObject({ state: 'done', error: undefined });
  const seqs = full.repository.eventsAfter(job.id, 0, 100).map((event) => event.seq);
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(await full.destroy()).toEqual([]);
});

test('listeners hear each event once, after it is stored', async () => {
  const heard: number[] = [];
  let storedLate = 0;
  const spec = fakeSpec();
  const subscription = harness.supervisor.on(spec.id, (update) => {
    if (update.kind !== 'events') return;
    for (const event of update.events) {
      heard.push(event.seq);
      if (harness.repository.eventsAfter(spec.id, event.seq - 1, 1).length === 0) storedLate += 1;
    }
  });
  await harness.run([{ do: 'steps', count: 50, delayMs: 2 }], { spec });
  subscription.dispose();
  expect(heard).toEqual(Array.from({ length: 52 }, (_, index) => index + 1));
  expect(storedLate).toBe(0);
});
