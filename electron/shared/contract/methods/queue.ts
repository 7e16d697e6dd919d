import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, errorSummarySchema, referenceSchema, timeMsSchema } from './common.ts';
import { runSummarySchema } from './runs.ts';

const queueItemSchema = z.object({
  run: runSummarySchema,
  queuedAtMs: timeMsSchema,
  /** Starts although the preflight says that memory or disk is too small. */
  force: z.boolean(),
  /** The checkpoint a run goes on from that has been on its way before. */
  fromStep: z.int().optional(),
});

/** The runs that wait, in the order in which they will start. */
export const queueViewSchema = z.object({
  items: z.array(queueItemSchema),
  paused: z.boolean(),
  /** Why the queue paused itself: something of this machine, which the next run would meet as well. */
  pausedBy: errorSummarySchema.optional(),
  /** Whether this core starts waiting runs by itself: one that stays does, a single command does not. */
  starts: z.boolean(),
});

/** The run that the moved one is to start before; null: at the end. */
const beforeSchema = referenceSchema.nullable();

export const QUEUE_METHODS = {
  'queue.list': method({ input: emptySchema, output: queueViewSchema, errors: [] }),
  /** Puts a run that has ended, or never began, into the queue; it goes on from its last whole checkpoint. */
  'queue.add': method({
    input: z.object({
      run: referenceSchema,
      before: beforeSchema.default(null),
      fromStep: z.int().min(1).optional(),
      force: z.boolean().default(false),
    }),
    output: queueViewSchema,
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'queue.already_queued',
      'run.already_live',
      'run.finished',
      'run.no_checkpoint',
    ],
  }),
  /** Refused where either run has left the queue meanwhile: the order that the person saw is gone. */
  'queue.move': method({
    input: z.object({ run: referenceSchema, before: beforeSchema }),
    output: queueViewSchema,
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'queue.not_queued', 'queue.changed'],
  }),
  /** Pausing keeps waiting runs from starting; what runs goes on. */
  'queue.setPaused': method({
    input: z.object({ paused: z.boolean() }),
    output: queueViewSchema,
    errors: ['core.read_only'],
  }),
} as const;

export type QueueView = z.output<typeof queueViewSchema>;
