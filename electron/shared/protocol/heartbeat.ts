import { z } from 'zod';

import { PROTOCOL_VERSION } from './version.ts';

/** The file `heartbeat`, replaced atomically every two seconds while the job lives. */
export const heartbeatSchema = z
  .strictObject({
    version: z.literal(PROTOCOL_VERSION),
    pid: z.int(),
    osStartTime: z.string().meta({
      description:
        'Process start as the OS counts it: /proc/<pid>/stat field 22 on Linux, creation FILETIME on Windows.',
    }),
    bootId: z.string(),
    nonce: z.string(),
    atMs: z.int(),
  })
  .meta({ title: 'Heartbeat' });

export type Heartbeat = z.output<typeof heartbeatSchema>;
