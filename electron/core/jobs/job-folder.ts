import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

import type { JobSpec } from '../../shared/protocol/job-spec.ts';

/** File names of a job folder; `legal_eagle/jobs` uses the same. */
export const JOB_FILES = {
  spec: 'job.json',
  events: 'events.ndjson',
  heartbeat: 'heartbeat',
  control: 'control',
  log: 'log.txt',
} as const;

/**
 * Makes the folder of a job with its spec and its inbox. Throws EEXIST where a spec stands already: a job
 * folder is run once.
 */
export function createJobFolder(dir: string, spec: JobSpec): void {
  mkdirSync(path.join(dir, JOB_FILES.control), { recursive: true });
  const descriptor = openSync(path.join(dir, JOB_FILES.spec), 'wx');
  try {
    writeSync(descriptor, `${JSON.stringify(spec, undefined, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a small file whole or not at all; readers may look at any moment. */
export function writeByRename(target: string, text: string): void {
  const temporary = `${target}.tmp`;
  const descriptor = openSync(temporary, 'w');
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, target);
}

/** Text of a file, undefined where it cannot be read (absent, or being replaced on Windows). */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
