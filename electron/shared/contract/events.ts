import { z } from 'zod';
import { chatDeltaSchema, chatDoneSchema, chatFailureSchema } from '../protocol/chat.ts';
import { chatSessionSchema } from './methods/chat.ts';
import { jobSchema, type LiveJob } from './methods/jobs.ts';
import type { QueueView } from './methods/queue.ts';
import { terminalSchema, type TerminalView } from './methods/terminal.ts';
import { checkpointSchema, runDetailSchema, runSummarySchema, sampleSchema } from './methods/runs.ts';

/** Live points of one run since the last frame, oldest first. */
const metricPointSchema = z.object({ key: z.string(), step: z.int(), value: z.number().nullable() });

/** A request (save now, sample now) that has been carried out at a step; `id` is its `controlId`. */
const controlDoneSchema = z.object({ id: z.string(), command: z.string(), step: z.int() });

/** `runs`: the live runs first, then every run whose row changed. */
export const runsTopicSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), live: z.array(runSummarySchema) }),
  z.object({ kind: z.literal('changed'), run: runSummarySchema }),
  z.object({ kind: z.literal('removed'), runId: z.string() }),
]);

/** `run.<id>`: one frame at most every {@link RUN_FRAME_INTERVAL_MS}. */
export const runTopicSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), run: runDetailSchema }),
  z.object({
    kind: z.literal('update'),
    run: runSummarySchema,
    points: z.array(metricPointSchema),
    /** More points came than a frame carries: it has none of them, and curves are to be asked for again. */
    pointsLeftOut: z.boolean().optional(),
    /** Points after this step are void: a resumed attempt replaced them. */
    truncatedAfterStep: z.int().optional(),
    /** Steps whose checkpoints were removed to keep the newest ones only; none of them is in `checkpoints`. */
    removedCheckpoints: z.array(z.int()).optional(),
    checkpoints: z.array(checkpointSchema).optional(),
    controlsDone: z.array(controlDoneSchema).optional(),
    samples: z.array(sampleSchema).optional(),
  }),
]);

/** `job.<id>`: `seq` is the sequence number of the last job event that the frame covers. */
export const jobTopicSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), job: jobSchema }),
  z.object({
    kind: z.literal('events'),
    events: z.array(z.object({ seq: z.int(), t: z.int(), type: z.string(), data: z.unknown() })),
    /** How many events the frame leaves out, because more came than it carries: measurements first. */
    leftOut: z.int().optional(),
  }),
  z.object({ kind: z.literal('state'), job: jobSchema }),
]);

const loadedLayersSchema = z.object({ layers: z.int(), totalLayers: z.int() });

/**
 * `chat.<sessionId>`: what the chat process says, and its end. A session that nobody follows is closed after
 * two minutes.
 */
export const chatTopicSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('snapshot'),
    session: chatSessionSchema,
    loaded: loadedLayersSchema.optional(),
    /** Answers under way, and the last that ended, with their texts so far. */
    answers: z.array(
      z.object({
        requestId: z.string(),
        text: z.string(),
        end: z.union([chatDoneSchema, chatFailureSchema]).optional(),
      }),
    ),
  }),
  z.object({ kind: z.literal('loading'), ...loadedLayersSchema.shape }),
  /** The model can answer; `session` now has its identity. */
  z.object({ kind: z.literal('ready'), session: chatSessionSchema }),
  chatDeltaSchema,
  chatDoneSchema,
  chatFailureSchema,
  /** Why it is over: closed by someone, or by itself. */
  z.object({
    kind: z.literal('closed'),
    code: z.string(),
    params: z.record(z.string(), z.unknown()),
    detail: z.string().optional(),
  }),
]);

/**
 * `terminal.<id>`: what the shell writes. `through` counts the characters since it started; the face says with
 * `terminal.ack` how far it has shown them. `screen` holds the escape sequences that draw the screen so far.
 */
export const terminalTopicSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), terminal: terminalSchema, screen: z.string(), through: z.int() }),
  z.object({ kind: z.literal('output'), text: z.string(), through: z.int() }),
  z.object({ kind: z.literal('closed') }),
]);

/** Four frames a second a run: faster than an eye follows a curve, slower than a chart redraws. */
export const RUN_FRAME_INTERVAL_MS = 250;

/** `jobs`: everything that computes now besides runs. */
export type JobsTopicData = Readonly<{ jobs: readonly LiveJob[] }>;
/** `terminals`: all that are open, whenever one opens, changes or goes. */
export type TerminalsTopicData = Readonly<{ items: readonly TerminalView[] }>;
export type TerminalTopicData = z.output<typeof terminalTopicSchema>;
export type QueueTopicData = QueueView;
export type { StorageTopicData } from './methods/storage.ts';
export type RunsTopicData = z.output<typeof runsTopicSchema>;
export type RunTopicData = z.output<typeof runTopicSchema>;
export type JobTopicData = z.output<typeof jobTopicSchema>;
export type ChatTopicData = z.output<typeof chatTopicSchema>;
export type ControlDone = z.output<typeof controlDoneSchema>;
export type MetricPoint = z.output<typeof metricPointSchema>;
