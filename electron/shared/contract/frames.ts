import { z } from 'zod';
import { errorBodySchema } from './studio-error.ts';

/**
 * The five frames that cross every transport. `since` is the last sequence number the subscriber has seen
 * of the topic; without it the subscriber gets a snapshot first, where the topic has one.
 */
const requestFrameSchema = z.object({
  k: z.literal('req'),
  id: z.int().nonnegative(),
  method: z.string().max(80),
  params: z.unknown(),
});
const successFrameSchema = z.object({
  k: z.literal('res'),
  id: z.int().nonnegative(),
  ok: z.literal(true),
  data: z.unknown(),
});
const failureFrameSchema = z.object({
  k: z.literal('res'),
  id: z.int().nonnegative(),
  ok: z.literal(false),
  error: errorBodySchema,
});
const topicSchema = z.string().min(1).max(120);
const subscribeFrameSchema = z.object({
  k: z.literal('sub'),
  topic: topicSchema,
  since: z.int().nonnegative().optional(),
});
const unsubscribeFrameSchema = z.object({ k: z.literal('unsub'), topic: topicSchema });
const eventFrameSchema = z.object({
  k: z.literal('evt'),
  topic: topicSchema,
  seq: z.int().nonnegative(),
  data: z.unknown(),
});

/** What a client may send. */
export const clientFrameSchema = z.union([requestFrameSchema, subscribeFrameSchema, unsubscribeFrameSchema]);
/** What a core may send. */
export const serverFrameSchema = z.union([successFrameSchema, failureFrameSchema, eventFrameSchema]);

export type ClientFrame = z.infer<typeof clientFrameSchema>;
export type ServerFrame = z.infer<typeof serverFrameSchema>;

/** Longest text a transport accepts for one frame, in bytes: a pasted data row fits, a data file does not. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;
