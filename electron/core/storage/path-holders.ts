import path from 'node:path';

import type { JobRecord } from '../jobs/job-record.ts';

/** Whether `candidate` is `folder` or lies below it. Both absolute. */
export function isWithin(folder: string, candidate: string): boolean {
  const way = path.relative(folder, candidate);
  return way === '' || (!way.startsWith('..') && !path.isAbsolute(way));
}

/** Live jobs that were given a path in the folder: whatever the job is, it reads or writes there. */
export function jobsHolding(folder: string, live: readonly JobRecord[]): readonly JobRecord[] {
  return live.filter((job) => pathsIn(job.spec.params).some((one) => isWithin(folder, one)));
}

function pathsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return path.isAbsolute(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(pathsIn);
}
