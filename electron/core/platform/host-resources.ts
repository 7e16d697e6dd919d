import { existsSync, statfsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

import type { HostResources } from '../ports.ts';

/** The real machine. Limits of a container count as its memory. */
export const hostResources: HostResources = {
  memory: () => {
    const total = totalmem();
    const limit = process.constrainedMemory();
    // 0 or a number beyond all memory: no limit.
    const totalBytes = limit > 0 && limit < total ? limit : total;
    return { totalBytes, availableBytes: Math.min(totalBytes, process.availableMemory()) };
  },
  processorName: () => cpus()[0]?.model.trim() ?? 'CPU',
  freeDiskBytes: (folder) => {
    let standing = path.resolve(folder);
    while (!existsSync(standing) && path.dirname(standing) !== standing) standing = path.dirname(standing);
    const { bavail, bsize } = statfsSync(standing);
    return bavail * bsize;
  },
};
