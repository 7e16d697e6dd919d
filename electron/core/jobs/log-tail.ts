import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';

import { JOB_FILES } from './job-folder.ts';

/** Enough for a Python traceback; more belongs to the log view. */
const TAIL_BYTES = 4096;

/** The end of a job's log for an error's details, cut at a line. Empty where there is no log. */
export function readLogTail(jobDir: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path.join(jobDir, JOB_FILES.log), 'r');
  } catch {
    return '';
  }
  try {
    const size = fstatSync(descriptor).size;
    const start = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - start);
    const text = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, start)).toString('utf8');
    return (start === 0 ? text : text.slice(text.indexOf('\n') + 1)).trim();
  } finally {
    closeSync(descriptor);
  }
}
