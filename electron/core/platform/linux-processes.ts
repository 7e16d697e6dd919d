import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ProcessIdentity, ProcessPlatform, SpawnRequest } from '../ports.ts';
import type { ProcStat } from './proc-stat.ts';
import { isGone, parseProcStat, processTree } from './proc-stat.ts';

/** A process that forks faster than it is found needs another look; a tree is gone after two as a rule. */
const KILL_ROUNDS = 20;
const KILL_ROUND_PAUSE_MS = 25;

export type LinuxEffects = Readonly<{
  procRoot: string;
  signal: (pid: number, signal: NodeJS.Signals | 0) => void;
}>;

const REAL_EFFECTS: LinuxEffects = {
  procRoot: '/proc',
  signal: (pid, signal) => process.kill(pid, signal),
};

/** Linux: /proc, process groups and signals. */
export function linuxProcesses(effects: LinuxEffects = REAL_EFFECTS): ProcessPlatform {
  const trySignal = (pid: number, signal: NodeJS.Signals | 0): boolean => {
    try {
      effects.signal(pid, signal);
      return true;
    } catch (error) {
      // EPERM: it exists and belongs to somebody else.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  };
  const startTime = (pid: number): string | undefined => {
    const stat = readStat(effects.procRoot, pid);
    return stat === undefined || isGone(stat) ? undefined : stat.startTicks;
  };
  // A boot outlasts this process, so its name is read once.
  let boot: Promise<string> | undefined;
  const bootId = (): Promise<string> =>
    (boot ??= readFile(path.join(effects.procRoot, 'sys/kernel/random/boot_id'), 'ascii').then((text) =>
      text.trim(),
    ));
  // Start times count from the boot: the same pid and ticks in another boot are another process.
  const isSame = async (target: ProcessIdentity): Promise<boolean> =>
    target.bootId === (await bootId()) && startTime(target.pid) === target.osStartTime;
  return {
    name: 'linux',
    bootId,
    startTime: (pid) => Promise.resolve(startTime(pid)),
    exists: (pid) => startTime(pid) !== undefined,
    spawn: spawnInGroup,
    terminate: async (target) => {
      if (await isSame(target)) trySignal(-target.pid, 'SIGTERM');
    },
    killTree: async (target, marker) => {
      const startTicks = target.bootId === (await bootId()) ? target.osStartTime : '';
      await killTree(effects.procRoot, trySignal, { pid: target.pid, startTicks }, marker);
    },
    replaceFile: (source, target) => rename(source, target),
    inheritedEnvironment: {
      names: [
        'PATH',
        'HOME',
        'USER',
        'LOGNAME',
        'LANG',
        'LANGUAGE',
        'TZ',
        'TMPDIR',
        'TEMP',
        'TMP',
        'LD_LIBRARY_PATH',
      ],
      prefixes: ['LC_', 'CUDA_', 'NVIDIA_', 'NCCL_', 'OMP_', 'MKL_', 'XDG_'],
    },
  };
}

function spawnInGroup(request: SpawnRequest): ReturnType<ProcessPlatform['spawn']> {
  return spawn(request.command, request.args, {
    cwd: request.cwd,
    env: request.env,
    // setsid: service jobs lead a group too, so that one signal reaches their workers.
    detached: true,
    stdio: [
      request.detached ? 'ignore' : 'pipe',
      request.stdout === 'pipe' ? 'pipe' : request.logDescriptor,
      request.logDescriptor,
    ],
  });
}

async function killTree(
  procRoot: string,
  trySignal: (pid: number, signal: NodeJS.Signals) => boolean,
  root: Readonly<{ pid: number; startTicks: string }>,
  marker: string,
): Promise<void> {
  for (let round = 0; round < KILL_ROUNDS; round += 1) {
    const stats = readAllStats(procRoot);
    // Children of what was killed lose their parent between two looks; the mark still names them.
    const tree = processTree(stats, root, (pid) => isMarked(procRoot, pid, marker));
    if (tree.length === 0) return;
    for (const pid of tree) trySignal(pid, 'SIGKILL');
    await delay(KILL_ROUND_PAUSE_MS);
  }
}

function readAllStats(procRoot: string): readonly ProcStat[] {
  return readdirSync(procRoot)
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => readStat(procRoot, Number(name)))
    .filter((stat) => stat !== undefined);
}

function readStat(procRoot: string, pid: number): ProcStat | undefined {
  try {
    return parseProcStat(readFileSync(path.join(procRoot, String(pid), 'stat'), 'utf8'));
  } catch {
    return undefined;
  }
}

function isMarked(procRoot: string, pid: number, marker: string): boolean {
  try {
    const environment = readFileSync(path.join(procRoot, String(pid), 'environ'), 'utf8');
    return environment.split('\0').includes(marker);
  } catch {
    // Somebody else's process, or one that has just ended.
    return false;
  }
}
