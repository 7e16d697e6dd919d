import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { StudioError } from '../../shared/contract/studio-error.ts';

const POLL_MS = 500;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * Runs `work` while no other process of this user installs into the same environment. A lock whose owner died is
 * taken over: making a folder is atomic on every file system we support, and the half-made environment inside has
 * no manifest, so it is made anew. `signal` ends the waiting with `runtime.cancelled`.
 */
export const withEnvironmentLock = async <T>(
  environmentDir: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  const lockDir = `${environmentDir}.lock`;
  const ownerFile = path.join(lockDir, 'pid');
  mkdirSync(path.dirname(lockDir), { recursive: true });
  for (;;) {
    if (signal?.aborted === true) throw new StudioError('runtime.cancelled');
    try {
      mkdirSync(lockDir);
      writeFileSync(ownerFile, String(process.pid));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    // A folder without a pid yet belongs to somebody who is between two statements; look again.
    let owner: number | undefined;
    try {
      owner = Number(readFileSync(ownerFile, 'utf8'));
    } catch {
      owner = undefined;
    }
    if (owner !== undefined && owner > 0 && !isAlive(owner))
      rmSync(lockDir, { recursive: true, force: true });
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(lockDir, { recursive: true, force: true });
  }
};
