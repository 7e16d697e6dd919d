import { z } from 'zod';
import { JOB_STATES } from '../../domain/run-state.ts';
import type { JobEventData } from '../../protocol/events.ts';
import { method } from '../define.ts';
import { errorSummarySchema, timeMsSchema } from './common.ts';

export const jobSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(JOB_STATES),
  dir: z.string(),
  createdAtMs: timeMsSchema,
  endedAtMs: timeMsSchema.optional(),
  exitCode: z.int().optional(),
  error: errorSummarySchema.optional(),
  result: z.record(z.string(), z.unknown()).optional(),
});

export const JOB_METHODS = {
  'jobs.show': method({
    input: z.object({ jobId: z.string().min(1) }),
    output: jobSchema,
    errors: ['core.not_found'],
  }),
  /** Asks a job to stop at its next safe point and returns at once; the topic `job.<id>` tells when it has. */
  'jobs.stop': method({
    input: z.object({
      jobId: z.string().min(1),
      deadlineMs: z.int().min(0).max(600_000).default(60_000),
    }),
    output: jobSchema,
    errors: ['core.not_found', 'core.read_only'],
  }),
} as const;

export type JobView = z.output<typeof jobSchema>;

/** A job that computes now and is no run: an import, a count of tokens, a merge, an export, a download, an upload, a check. */
export type LiveJob = Readonly<{
  id: string;
  kind:
    | 'import'
    | 'inspect'
    | 'statistics'
    | 'merge'
    | 'export'
    | 'convert'
    | 'download'
    | 'upload'
    | 'memorisation';
  /** Of the dataset, the file, the merged model or the exported folder. */
  name: string;
  /** The screen that shows it in full. */
  place?: Readonly<{ kind: 'dataset' | 'run'; id: string }> | undefined;
  progress?: JobEventData<'progress'> | undefined;
}>;
