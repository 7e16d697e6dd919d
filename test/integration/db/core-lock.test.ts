import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { dataFolderOwner, lockDataFolder } from '../../../electron/core/db/core-lock.ts';
import { linuxProcesses } from '../../../electron/core/platform/linux-processes.ts';
import { waitFor } from '../../helpers/job-harness.ts';

const platform = linuxProcesses();
const HOLDER = path.join(import.meta.dirname, '../../helpers/lock-holder.ts');
let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), '锁 '));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

type Holder = Readonly<{ pid: number; lines: () => string; kill: () => Promise<void> }>;

/** Another process that tries to take the lock, says how that went, and keeps it. */
function startHolder(): Holder {
  const child = spawn(process.execPath, [HOLDER, home], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? 0,
    lines: () => text,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

test('a second core is refused with the pid and command of the first, and gets in after it', async () => {
  const lock = await lockDataFolder(home, platform, 'first studio');
  const again = lockDataFolder(home, platform, 'second studio');
  await expect(again).rejects.toMatchObject({
    code: 'core.data_folder_in_use',
    params: { owner: `first studio (pid ${process.pid})`, pid: process.pid },
  });
  expect(await dataFolderOwner(home, platform)).toMatchObject({ command: 'first studio' });
  lock.dispose();
  lock.dispose();
  expect(existsSync(path.join(home, 'core.lock'))).toBe(false);
  (await lockDataFolder(home, platform, 'second studio')).dispose();
});

test('a core of another process is named, and the lock of a killed one is taken over', async () => {
  const holder = startHolder();
  try {
    await waitFor('the lock', () => holder.lines().includes('held'));
    await expect(lockDataFolder(home, platform, 'me')).rejects.toMatchObject({ params: { pid: holder.pid } });
  } finally {
    await holder.kill();
  }
  expect(JSON.parse(readFileSync(path.join(home, 'core.lock'), 'utf8'))).toMatchObject({ pid: holder.pid });
  expect(await dataFolderOwner(home, platform)).toBeUndefined();
  const lock = await lockDataFolder(home, platform, 'me');
  expect(await dataFolderOwner(home, platform)).toMatchObject({ command: 'me', pid: process.pid });
  lock.dispose();
});

test.each([
  ['another start time', { osStartTime: '1' }, false],
  ['another boot', { bootId: 'other' }, false],
  ['the same start and boot', {}, true],
])('a lock file that names a living pid with %s', async (_name, change, refused) => {
  const owner = {
    pid: process.ppid,
    osStartTime: await platform.startTime(process.ppid),
    bootId: await platform.bootId(),
    command: 'somebody',
    ...change,
  };
  writeFileSync(path.join(home, 'core.lock'), JSON.stringify(owner));
  const locking = lockDataFolder(home, platform, 'me');
  if (refused) await expect(locking).rejects.toMatchObject({ code: 'core.data_folder_in_use' });
  else (await locking).dispose();
});

test('a half-written lock file names nobody and stops nobody', async () => {
  writeFileSync(path.join(home, 'core.lock'), '{"pid":');
  (await lockDataFolder(home, platform, 'me')).dispose();
});

test('of several cores that race for a stale lock, one wins', async () => {
  writeFileSync(
    path.join(home, 'core.lock'),
    JSON.stringify({ pid: 1, osStartTime: 'stale', bootId: 'stale', command: 'dead' }),
  );
  const holders = Array.from({ length: 4 }, () => startHolder());
  try {
    await waitFor('every answer', () => holders.every((holder) => /held|refused/u.test(holder.lines())));
    expect(holders.filter((holder) => holder.lines().includes('held'))).toHaveLength(1);
  } finally {
    await Promise.all(holders.map((holder) => holder.kill()));
  }
});
