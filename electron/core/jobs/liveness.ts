import path from 'node:path';

import type { Heartbeat } from '../../shared/protocol/heartbeat.ts';
import { heartbeatSchema } from '../../shared/protocol/heartbeat.ts';
import type { ProcessIdentity, ProcessPlatform } from '../ports.ts';
import { JOB_FILES, readIfThere } from './job-folder.ts';
import type { JobRecord } from './job-record.ts';

/** Five beats; a laptop that slept has an old heartbeat too, so this only says when to look closer. */
const FRESH_HEARTBEAT_MS = 10_000;

/** The heartbeat of a job folder; undefined where there is none or it cannot be read right now. */
export function readHeartbeat(jobDir: string): Heartbeat | undefined {
  const text = readIfThere(path.join(jobDir, JOB_FILES.heartbeat));
  if (text === undefined) return undefined;
  try {
    const parsed = heartbeatSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The process of a heartbeat where it is alive and the job's own: pid, start, boot and nonce all match. */
export async function ownRunner(
  platform: ProcessPlatform,
  job: Pick<JobRecord, 'dir' | 'nonce'>,
): Promise<ProcessIdentity | undefined> {
  const heartbeat = readHeartbeat(job.dir);
  if (heartbeat?.nonce !== job.nonce) return undefined;
  const identity: ProcessIdentity = {
    pid: heartbeat.pid,
    osStartTime: heartbeat.osStartTime,
    bootId: heartbeat.bootId,
  };
  return (await isSameProcess(platform, identity)) ? identity : undefined;
}

/** Whether the process with this identity is alive. Proof, not a guess; takes half a second on Windows. */
export async function isSameProcess(platform: ProcessPlatform, identity: ProcessIdentity): Promise<boolean> {
  if ((await platform.bootId()) !== identity.bootId) return false;
  return (await platform.startTime(identity.pid)) === identity.osStartTime;
}

/** As {@link isSameProcess} for a process that was proved before: cheap while its heart beats. */
export async function isStillAlive(
  platform: ProcessPlatform,
  job: Pick<JobRecord, 'dir' | 'nonce'>,
  identity: ProcessIdentity,
  nowMs: number,
): Promise<boolean> {
  if (!platform.exists(identity.pid) || (await platform.bootId()) !== identity.bootId) return false;
  if (platform.name === 'win32') {
    const heartbeat = readHeartbeat(job.dir);
    const beats =
      heartbeat?.nonce === job.nonce &&
      heartbeat.pid === identity.pid &&
      Math.abs(nowMs - heartbeat.atMs) < FRESH_HEARTBEAT_MS;
    if (beats) return true;
  }
  return (await platform.startTime(identity.pid)) === identity.osStartTime;
}
