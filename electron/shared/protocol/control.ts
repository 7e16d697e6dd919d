import { z } from 'zod';

import { PROTOCOL_VERSION } from './version.ts';

const controlCommandSchema = z.enum(['stop', 'save-now', 'sample-now', 'ping']);

/** A file of `control/`, written by rename; the job removes it and answers with `control-ack`. */
export const controlSchema = z
  .strictObject({
    version: z.literal(PROTOCOL_VERSION),
    id: z.string().min(1),
    command: controlCommandSchema,
    atMs: z.int(),
  })
  .meta({ title: 'Control' });

export type ControlCommand = z.output<typeof controlCommandSchema>;
export type Control = z.output<typeof controlSchema>;
