import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { linuxProcesses } from '../../../electron/core/platform/linux-processes.ts';
import { parseProcStat, processTree } from '../../../electron/core/platform/proc-stat.ts';

let procRoot: string;
const BOOT = 'boot-a';

beforeEach(() => {
  procRoot = mkdtempSync(path.join(tmpdir(), 'proc-'));
  mkdirSync(path.join(procRoot, 'sys/kernel/random'), { recursive: true });
  writeFileSync(path.join(procRoot, 'sys/kernel/random/boot_id'), `${BOOT}\n`);
});

afterEach(() => rmSync(procRoot, { recursive: true, force: true }));

type Fake = Readonly<{
  pid: number;
  parent?: number;
  group?: number;
  session?: number;
  state?: string;
  mark?: string;
}>;

function statLine({ pid, parent = 1, group = pid, session = pid, state = 'S' }: Fake): string {
  // The command holds what breaks a naive split: spaces and a closing parenthesis.
  const rest = Array.from({ length: 15 }, () => '0').join(' ');
  return `${pid} (a ) b (c)) ${state} ${parent} ${group} ${session} ${rest} ${pid * 10} 0 0\n`;
}

function writeProcess(fake: Fake): void {
  const folder = path.join(procRoot, String(fake.pid));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'stat'), statLine(fake));
  writeFileSync(path.join(folder, 'environ'), `PATH=/bin\0${fake.mark ?? 'X=1'}\0`);
}

test('a stat line with parentheses and spaces in the command is read by its last parenthesis', () => {
  expect(parseProcStat(statLine({ pid: 12, parent: 3, group: 4, session: 5, state: 'R' }))).toEqual({
    pid: 12,
    state: 'R',
    parentPid: 3,
    groupId: 4,
    sessionId: 5,
    startTicks: '120',
  });
  expect(parseProcStat('')).toBeUndefined();
});

const tree = (
  fakes: readonly Fake[],
  root: { pid: number; startTicks: string },
  marked: number[] = [],
): number[] => {
  const stats = fakes.map((fake) => parseProcStat(statLine(fake))).filter((stat) => stat !== undefined);
  return [...processTree(stats, root, (pid) => marked.includes(pid))].sort((left, right) => left - right);
};

test('a tree is the root, its descendants, its group, its session and what carries the mark', () => {
  const fakes: Fake[] = [
    { pid: 10 },
    { pid: 11, parent: 10, group: 10, session: 10 },
    { pid: 12, parent: 11 },
    { pid: 13, parent: 12 },
    { pid: 14, parent: 1, group: 10, session: 10 },
    { pid: 15, parent: 1, session: 10 },
    { pid: 16, parent: 1 },
    { pid: 17, parent: 1 },
    { pid: 18, parent: 10, group: 10, session: 10, state: 'Z' },
  ];
  expect(tree(fakes, { pid: 10, startTicks: '100' }, [16])).toEqual([10, 11, 12, 13, 14, 15, 16]);
});

test('where the pid belongs to somebody else, only what carries the mark is of the tree', () => {
  const fakes: Fake[] = [{ pid: 10 }, { pid: 11, parent: 10, group: 10 }, { pid: 16 }];
  expect(tree(fakes, { pid: 10, startTicks: 'of an earlier process' }, [16])).toEqual([16]);
  expect(tree([{ pid: 11, group: 10 }, { pid: 16 }], { pid: 10, startTicks: '100' }, [16])).toEqual([16]);
});

test('a zombie has no start time: it has ended, whoever has not asked yet', async () => {
  writeProcess({ pid: 20, state: 'Z' });
  writeProcess({ pid: 21 });
  const platform = linuxProcesses({ procRoot, signal: () => undefined });
  expect(await platform.startTime(20)).toBeUndefined();
  expect(platform.exists(20)).toBe(false);
  expect(await platform.startTime(21)).toBe('210');
  expect(await platform.startTime(99)).toBeUndefined();
  expect(await platform.bootId()).toBe(BOOT);
});

test.each([
  ['its own', { osStartTime: '300', bootId: BOOT }, [[-30, 'SIGTERM']]],
  ['of another start', { osStartTime: '299', bootId: BOOT }, []],
  ['of another boot', { osStartTime: '300', bootId: 'boot-b' }, []],
])('a process %s is asked to stop through its group, or not at all', async (_name, identity, expected) => {
  writeProcess({ pid: 30 });
  const sent: [number, unknown][] = [];
  const platform = linuxProcesses({ procRoot, signal: (pid, signal) => void sent.push([pid, signal]) });
  await platform.terminate({ pid: 30, ...identity });
  expect(sent).toEqual(expected);
});

test('the whole tree is ended, and looked for again until nothing is left', async () => {
  writeProcess({ pid: 40 });
  writeProcess({ pid: 41, parent: 40 });
  writeProcess({ pid: 42, mark: 'LEGAL_EAGLE_JOB=a.b' });
  writeProcess({ pid: 43, mark: 'LEGAL_EAGLE_JOB=a.bc' });
  const killed: number[] = [];
  const platform = linuxProcesses({
    procRoot,
    signal: (pid) => {
      killed.push(pid);
      rmSync(path.join(procRoot, String(pid)), { recursive: true });
      // A fork that the first look could not see.
      if (pid === 41) writeProcess({ pid: 45, mark: 'LEGAL_EAGLE_JOB=a.b' });
    },
  });
  await platform.killTree({ pid: 40, osStartTime: '400', bootId: BOOT }, 'LEGAL_EAGLE_JOB=a.b');
  expect(killed.sort()).toEqual([40, 41, 42, 45]);
});

test('after a reboot nothing is ended by pid', async () => {
  writeProcess({ pid: 40 });
  const killed: number[] = [];
  const platform = linuxProcesses({ procRoot, signal: (pid) => void killed.push(pid) });
  await platform.killTree({ pid: 40, osStartTime: '400', bootId: 'boot-b' }, 'LEGAL_EAGLE_JOB=a.b');
  expect(killed).toEqual([]);
});
