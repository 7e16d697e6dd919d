import { expect, test } from 'vitest';

import { isStillAlive } from '../../../electron/core/jobs/liveness.ts';
import { runnerEnvironment } from '../../../electron/core/jobs/runner-environment.ts';
import type { WindowsEffects } from '../../../electron/core/platform/windows-processes.ts';
import { windowsProcesses } from '../../../electron/core/platform/windows-processes.ts';

const REG_ANSWER = [
  '',
  'HKEY_LOCAL_MACHINE\\SYSTEM\\…\\PrefetchParameters',
  '    BootId    REG_DWORD    0x1a3',
  '',
].join('\r\n');
const START = '133775712000000000';

type Call = readonly [string, ...string[]];

/** A Windows with one process, pid 77, that started at START. */
function fakeWindows(overrides: Partial<WindowsEffects> = {}): { effects: WindowsEffects; calls: Call[] } {
  const calls: Call[] = [];
  const effects: WindowsEffects = {
    run: (command, args) => {
      calls.push([command, ...args]);
      if (command === 'reg.exe') return Promise.resolve({ exitCode: 0, stdout: REG_ANSWER });
      if (command === 'powershell.exe') return Promise.resolve({ exitCode: 0, stdout: `${START}\r\n` });
      return Promise.resolve({ exitCode: 0, stdout: '' });
    },
    exists: (pid) => pid === 77,
    rename: () => Promise.resolve(),
    pause: () => Promise.resolve(),
    ...overrides,
  };
  return { effects, calls };
}

const breakCommand = (): { command: string; args: string[] } => ({
  command: 'C:\\py\\python.exe',
  args: ['-I', '-X', 'utf8', 'C:\\app\\run.py'],
});
const own = { pid: 77, osStartTime: START, bootId: 'boot-419' };

test('the boot id is the counter of the registry, read once', async () => {
  const { effects, calls } = fakeWindows();
  const platform = windowsProcesses(breakCommand, effects);
  expect(await platform.bootId()).toBe('boot-419');
  expect(await platform.bootId()).toBe('boot-419');
  expect(calls.filter(([command]) => command === 'reg.exe')).toHaveLength(1);
});

test('where the registry says nothing, both sides use the same word', async () => {
  const { effects } = fakeWindows({ run: () => Promise.resolve({ exitCode: 1, stdout: '' }) });
  expect(await windowsProcesses(breakCommand, effects).bootId()).toBe('boot-unknown');
});

test('a start time is a FILETIME of a process that exists, and nothing else', async () => {
  const { effects } = fakeWindows();
  const platform = windowsProcesses(breakCommand, effects);
  expect(await platform.startTime(77)).toBe(START);
  expect(await platform.startTime(78)).toBeUndefined();
  const { effects: refused } = fakeWindows({
    run: () => Promise.resolve({ exitCode: 1, stdout: 'Access denied' }),
  });
  expect(await windowsProcesses(breakCommand, refused).startTime(77)).toBeUndefined();
});

test('a stop is CTRL_BREAK by a helper of the same Python, and only for the same process', async () => {
  const { effects, calls } = fakeWindows();
  const platform = windowsProcesses(breakCommand, effects);
  await platform.terminate(own);
  expect(calls.at(-1)).toEqual([
    'C:\\py\\python.exe',
    '-I',
    '-X',
    'utf8',
    'C:\\app\\run.py',
    '--ctrl-break',
    '77',
  ]);
  const before = calls.length;
  await platform.terminate({ ...own, osStartTime: '1' });
  expect(calls.slice(before).some(([command]) => command.endsWith('python.exe'))).toBe(false);
});

test('the tree is ended by force and as a tree, and only for the same process', async () => {
  const { effects, calls } = fakeWindows();
  const platform = windowsProcesses(breakCommand, effects);
  await platform.killTree(own, 'LEGAL_EAGLE_JOB=x');
  expect(calls.at(-1)).toEqual(['taskkill', '/PID', '77', '/T', '/F']);
  const before = calls.length;
  await platform.killTree({ ...own, osStartTime: '1' }, 'LEGAL_EAGLE_JOB=x');
  expect(calls.slice(before).some(([command]) => command === 'taskkill')).toBe(false);
});

test('a file that a scanner holds is replaced when it lets go; another failure is not waited for', async () => {
  let held = 3;
  let pauses = 0;
  const busy = Object.assign(new Error('held'), { code: 'EPERM' });
  const { effects } = fakeWindows({
    rename: () => (held-- > 0 ? Promise.reject(busy) : Promise.resolve()),
    pause: () => {
      pauses += 1;
      return Promise.resolve();
    },
  });
  await windowsProcesses(breakCommand, effects).replaceFile('a', 'b');
  expect(pauses).toBe(3);
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const { effects: failing } = fakeWindows({ rename: () => Promise.reject(full) });
  await expect(windowsProcesses(breakCommand, failing).replaceFile('a', 'b')).rejects.toBe(full);
  const { effects: forever } = fakeWindows({ rename: () => Promise.reject(busy) });
  await expect(windowsProcesses(breakCommand, forever).replaceFile('a', 'b')).rejects.toBe(busy);
});

test('variables are inherited by name whatever their case: Windows writes Path', () => {
  const platform = windowsProcesses(breakCommand, fakeWindows().effects);
  const environment = runnerEnvironment(
    {
      Path: 'C:\\Windows',
      SystemRoot: 'C:\\Windows',
      Temp: 'C:\\t',
      CUDA_PATH: 'C:\\cuda',
      PythonPath: 'C:\\evil',
      HF_TOKEN: 'secret',
      OPENAI_API_KEY: 'secret',
    },
    platform.inheritedEnvironment,
    'LEGAL_EAGLE_JOB=id.nonce',
  );
  expect(environment).toMatchObject({
    Path: 'C:\\Windows',
    SystemRoot: 'C:\\Windows',
    CUDA_PATH: 'C:\\cuda',
  });
  expect(environment).toMatchObject({
    LEGAL_EAGLE_JOB: 'id.nonce',
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
  });
  expect(Object.keys(environment).join(' ')).not.toMatch(/PythonPath|TOKEN|KEY/u);
});

test('a runner without a fresh heartbeat is asked for its start time before it is believed', async () => {
  const { effects, calls } = fakeWindows();
  const platform = windowsProcesses(breakCommand, effects);
  const job = { dir: '/nowhere', nonce: 'n' };
  expect(await isStillAlive(platform, job, own, 0)).toBe(true);
  expect(calls.some(([command]) => command === 'powershell.exe')).toBe(true);
  expect(await isStillAlive(platform, job, { ...own, osStartTime: '1' }, 0)).toBe(false);
  expect(await isStillAlive(platform, job, { ...own, bootId: 'boot-1' }, 0)).toBe(false);
});
