import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { createWebSocketChannel } from '../../../electron/server/web-socket-channel.ts';
import { RUN_FRAME_INTERVAL_MS, type RunTopicData } from '../../../electron/shared/contract/events.ts';
import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import { createRpcClient, type RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { openSocket, signIn } from '../../contract/transports.ts';
import { startStudioServer, type StudioServer } from '../../helpers/studio-server.ts';
import {
  addWrittenRun,
  startEventWriter,
  withRepositories,
  type WrittenRun,
} from '../../perf/written-run.ts';
import { EVENT_KEYS, VALUE_AT } from '../../perf/written-steps.ts';

const PER_SECOND = 100_000;
const SECONDS = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 60 : 2;
const COUNT = PER_SECOND * SECONDS;
/**
 * What the core's process may hold at most: Node with the studio's code (130 MB), one read of a megabyte with its
 * events and rows (40 MB), the frames kept for those who come back (60 MB), the curve that is asked for (6,000,000
 * points: 117 MB, and 78 MB more while it grows), and as much again of what the collector has not taken yet. What is
 * waiting lies in the event file: 2,100 MB of it are never held.
 */
const MOST_CORE_MB = 800;
/** A step is 11 values of 20 bytes, its event of some 350, and both once more while a page is split. */
const MOST_BYTES_A_STEP = 1400;

let home: string;
let server: StudioServer;
let client: RpcClient<StudioContract>;
let run: WrittenRun;

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), '洪水 '));
  run = await withRepositories(home, (repositories) => addWrittenRun(repositories, home, '洪水'));
  server = await startStudioServer(home);
  client = createRpcClient<StudioContract>();
  const { port } = new URL(server.address);
  const cookie = await signIn(server.address);
  client.attach(createWebSocketChannel(await openSocket(Number(port), { cookie })));
});

afterEach(async () => {
  client.dispose();
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

/** What the process has held at most since it began, in MB. */
const peakMb = (pid: number): number => {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/u.exec(status)?.[1]) / 1024;
};

/** A cap, never an expectation: the core may lag behind a flood, and a busy machine makes it lag more. */
const WAIT_MS = 45 * 60_000;

it(
  'of 100,000 events a second none is lost and none is doubled, and the core stays small and answers',
  async () => {
    const frames: RunTopicData[] = [];
    let framesOfJob = 0;
    const startedAtMs = performance.now();
    const ended = new Promise<void>((resolve) => {
      client.subscribe(`run.${run.runId}`, ({ data }) => {
        const frame = data as RunTopicData;
        frames.push(frame);
        if (!isLive(frame.run.state)) resolve();
      });
    });
    client.subscribe(`job.${run.jobId}`, () => (framesOfJob += 1));
    const writer = startEventWriter(run.jobDir, { count: COUNT, perSecond: PER_SECOND });
    writer.go();
    const asked = new AbortController();
    let answers = 0;
    const asking = (async (): Promise<void> => {
      while (!asked.signal.aborted) {
        await client.call('metrics.query', { run: run.runId, keys: ['loss'], smoothing: 0.9 });
        answers += 1;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    })();
    const wroteSeconds = await writer.ended;
    await ended;
    const storedSeconds = (performance.now() - startedAtMs) / 1000;
    asked.abort();
    await asking;

    // Frames of one topic are coalesced, and a client that left points out was told so.
    expect(frames.length).toBeLessThan((storedSeconds * 1000) / RUN_FRAME_INTERVAL_MS + 10);
    expect(framesOfJob).toBeLessThan((storedSeconds * 1000) / RUN_FRAME_INTERVAL_MS + 10);
    expect(answers).toBeGreaterThan(0);
    const updates = frames.filter((frame) => frame.kind === 'update');
    expect(updates.some((frame) => frame.pointsLeftOut)).toBe(true);
    expect(Math.max(...updates.map((frame) => frame.points.length))).toBeLessThanOrEqual(1200);

    const { series } = await client.call('metrics.query', { run: run.runId, keys: ['loss'], maxPoints: 600 });
    const [loss] = series;
    expect(loss?.total).toBe(COUNT);
    let [lowest, highest] = [Infinity, -Infinity];
    for (let step = 1; step <= COUNT; step++) {
      const value = VALUE_AT.loss(step);
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
    expect(Math.min(...(loss?.buckets ?? []).map((bucket) => bucket.min))).toBe(lowest);
    expect(Math.max(...(loss?.buckets ?? []).map((bucket) => bucket.max))).toBe(highest);
    const notes = await client.call('runs.events', { run: run.runId, types: ['plan', 'ended'], limit: 10 });
    expect(notes.items.map((item) => item.seq)).toEqual([2, COUNT + 3]);
    const coreMb = peakMb(server.pid);

    client.dispose();
    await server.close();
    const db = new Database(path.join(home, 'studio.db'), { readonly: true });
    const one = (sql: string): unknown => db.prepare(sql).pluck(true).get();
    const total = COUNT + 3;
    expect(one('SELECT count(*) FROM job_events')).toBe(total);
    expect(one('SELECT sum(seq) FROM job_events')).toBe((total * (total + 1)) / 2);
    const isStep = `type = 'step' AND data ->> '$.step' = seq - 2`;
    expect(one(`SELECT count(*) FROM job_events WHERE ${isStep}`)).toBe(COUNT);
    expect(one('SELECT count(*) FROM metric_values')).toBe(COUNT * EVENT_KEYS.length);
    for (const key of ['loss', 'gradNorm', 'stepMs'] as const) {
      const rows = db
        .prepare('SELECT step, value FROM metrics WHERE key = ? ORDER BY step')
        .raw(true)
        .iterate(key);
      let wrong = 0;
      let at = 0;
      for (const [step, value] of rows as IterableIterator<[number, number]>) {
        at += 1;
        if (step !== at || value !== VALUE_AT[key](step)) wrong += 1;
      }
      expect([at, wrong]).toEqual([COUNT, 0]);
    }
    db.close();
    const bytes = statSync(path.join(home, 'studio.db')).size;
    process.stdout.write(
      `${JSON.stringify({
        events: total,
        written: `${String(Math.round(COUNT / wroteSeconds))}/s`,
        stored: `${String(Math.round(COUNT / storedSeconds))}/s`,
        lagsBehindBy: Number((storedSeconds / wroteSeconds).toFixed(2)),
        corePeakMb: Math.round(coreMb),
        databaseBytesAStep: Math.round(bytes / COUNT),
        answersMeanwhile: answers,
      })}\n`,
    );
    expect(coreMb).toBeLessThan(MOST_CORE_MB);
    expect(bytes / COUNT).toBeLessThan(MOST_BYTES_A_STEP);
  },
  WAIT_MS,
);
