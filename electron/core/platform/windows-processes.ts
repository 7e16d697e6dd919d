import { execFile, spawn } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessIdentity, ProcessPlatform, SpawnRequest } from '../ports.ts';

/** Scanners and indexers hold a fresh file for a moment; ten tries make half a second. */
const REPLACE_TRIES = 10;
const REPLACE_PAUSE_MS = 50;
const HELD_FILE_CODES: ReadonlySet<string | undefined> = new Set(['EPERM', 'EACCES', 'EBUSY']);
const BOOT_ID_KEY =
  'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters';

export type WindowsEffects = Readonly<{
  /** Runs a program without a window and resolves with its exit code and output. */
  run: (command: string, args: readonly string[]) => Promise<Readonly<{ exitCode: number; stdout: string }>>;
  exists: (pid: number) => boolean;
  rename: (source: string, target: string) => Promise<void>;
  pause: (milliseconds: number) => Promise<void>;
}>;

/** Sends CTRL_BREAK: Node cannot, so `run.py --ctrl-break <pid>` does it from a process of its own. */
export type BreakCommand = () => Readonly<{ command: string; args: readonly string[] }>;

const REAL_EFFECTS: WindowsEffects = {
  run: (command, args) =>
    new Promise((resolve) => {
      execFile(command, [...args], { windowsHide: true, encoding: 'utf8' }, (error, stdout) => {
        resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout });
      });
    }),
  exists: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
  rename,
  pause: (milliseconds) => delay(milliseconds),
};

/**
 * Windows 10 and 11. A job process puts itself into a kill-on-close job object (windows_api.py), so that
 * ending it ends what it started, also what taskkill /T can no longer find because a parent is gone.
 */
export function windowsProcesses(
  breakCommand: BreakCommand,
  effects: WindowsEffects = REAL_EFFECTS,
): ProcessPlatform {
  const startTime = (pid: number): Promise<string | undefined> => readStartTime(effects, pid);
  const isSame = async (target: ProcessIdentity): Promise<boolean> =>
    (await startTime(target.pid)) === target.osStartTime;
  // A boot outlasts this process, so its name is read once.
  let boot: Promise<string> | undefined;
  return {
    name: 'win32',
    bootId: () => (boot ??= readBootId(effects)),
    startTime,
    exists: effects.exists,
    spawn: spawnHidden,
    terminate: async (target) => {
      if (!(await isSame(target))) return;
      const { command, args } = breakCommand();
      await effects.run(command, [...args, '--ctrl-break', String(target.pid)]);
    },
    killTree: async (target) => {
      if (!(await isSame(target))) return;
      await effects.run('taskkill', ['/PID', String(target.pid), '/T', '/F']);
    },
    replaceFile: (source, target) => replaceHeldFile(effects, source, target),
    inheritedEnvironment: {
      names: [
        'PATH',
        'PATHEXT',
        'COMSPEC',
        'SYSTEMROOT',
        'SYSTEMDRIVE',
        'WINDIR',
        'USERPROFILE',
        'USERNAME',
        'HOMEDRIVE',
        'HOMEPATH',
        'APPDATA',
        'LOCALAPPDATA',
        'PROGRAMDATA',
        'TEMP',
        'TMP',
        'NUMBER_OF_PROCESSORS',
        'PROCESSOR_ARCHITECTURE',
        'LANG',
        'TZ',
      ],
      prefixes: ['CUDA_', 'NVIDIA_', 'OMP_', 'MKL_'],
    },
  };
}

function spawnHidden(request: SpawnRequest): ReturnType<ProcessPlatform['spawn']> {
  return spawn(request.command, request.args, {
    cwd: request.cwd,
    env: request.env,
    // Detached: DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP, and outside libuv's kill-on-close job object.
    // A service job stays inside that object and so ends with the core however the core ends.
    detached: request.detached,
    windowsHide: true,
    stdio: [
      request.detached ? 'ignore' : 'pipe',
      request.stdout === 'pipe' ? 'pipe' : request.logDescriptor,
      request.logDescriptor,
    ],
  });
}

async function readStartTime(effects: WindowsEffects, pid: number): Promise<string | undefined> {
  if (!effects.exists(pid)) return undefined;
  // GetProcessTimes through .NET: the same FILETIME that the job writes into its heartbeat.
  const script = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`;
  const answer = await effects.run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script]);
  const text = answer.stdout.trim();
  return answer.exitCode === 0 && /^\d+$/u.test(text) ? text : undefined;
}

async function readBootId(effects: WindowsEffects): Promise<string> {
  const answer = await effects.run('reg.exe', ['query', BOOT_ID_KEY, '/v', 'BootId']);
  const match = /BootId\s+REG_DWORD\s+0x([0-9a-f]+)/iu.exec(answer.stdout);
  if (answer.exitCode === 0 && match?.[1] !== undefined) return `boot-${Number.parseInt(match[1], 16)}`;
  // A creation FILETIME is a date, not a count since boot, so pid and start alone name the process too.
  return 'boot-unknown';
}

async function replaceHeldFile(effects: WindowsEffects, source: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await effects.rename(source, target);
      return;
    } catch (error) {
      if (attempt === REPLACE_TRIES || !HELD_FILE_CODES.has((error as NodeJS.ErrnoException).code))
        throw error;
      await effects.pause(REPLACE_PAUSE_MS);
    }
  }
}
