/**
 * A process that reports like a training runner and trains nothing: `event-writer.ts JOB_DIR COUNT PER_SECOND AFTER`.
 * Writes its heartbeat, `started`, `plan`, COUNT steps after the step AFTER at the given rate as soon as the file
 * `go` stands in the job folder, and `ended`; prints how long the steps took.
 */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { JOB_FILES, writeByRename } from '../../electron/core/jobs/job-folder.ts';
import { linuxProcesses } from '../../electron/core/platform/linux-processes.ts';
import { eventLine, planJson, stepLine } from './written-steps.ts';

const TICK_MS = 10;
const HEARTBEAT_MS = 2000;

const [dir = '', ...figures] = process.argv.slice(2);
const [count = 0, perSecond = 1, after = 0] = figures.map(Number);
const { nonce } = JSON.parse(readFileSync(path.join(dir, JOB_FILES.spec), 'utf8')) as { nonce: string };
const platform = linuxProcesses();
const identity = {
  pid: process.pid,
  osStartTime: (await platform.startTime(process.pid)) ?? '',
  bootId: await platform.bootId(),
  nonce,
};
const beat = (): void =>
  writeByRename(
    path.join(dir, JOB_FILES.heartbeat),
    JSON.stringify({ version: 1, ...identity, atMs: Date.now() }),
  );

let beatAtMs = 0;
const beatWhenDue = (): void => {
  if (performance.now() - beatAtMs < HEARTBEAT_MS) return;
  beat();
  beatAtMs = performance.now();
};

beat();
const file = openSync(path.join(dir, JOB_FILES.events), 'a');
const write = (text: string): void => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
};
write(eventLine(1, Date.now(), 'started', JSON.stringify({ ...identity, platform: 'test', python: '3' })));
write(eventLine(2, Date.now(), 'plan', planJson(after + count)));
while (!existsSync(path.join(dir, 'go'))) {
  await delay(TICK_MS);
  beatWhenDue();
}

const startedAtMs = performance.now();
let step = 0;
while (step < count) {
  const nowMs = performance.now();
  const due = Math.min(count, Math.floor(((nowMs - startedAtMs) / 1000) * perSecond));
  const lines: string[] = [];
  // In portions, so that a writer that is late makes no text of half a gigabyte.
  for (const last = Math.min(due, step + perSecond / 10 + 1); step < last;) {
    step += 1;
    lines.push(stepLine(step + 2, Date.now(), after + step));
  }
  if (lines.length > 0) write(lines.join(''));
  beatWhenDue();
  if (step >= due) await delay(TICK_MS);
}
const seconds = (performance.now() - startedAtMs) / 1000;
write(eventLine(count + 3, Date.now(), 'ended', JSON.stringify({ status: 'done', exitCode: 0 })));
closeSync(file);
process.stdout.write(`${JSON.stringify({ seconds })}\n`);
