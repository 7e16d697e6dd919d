import { z } from 'zod';

export const chatMessageSchema = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});

export const samplingSchema = z.strictObject({
  temperature: z.number().min(0).max(5).default(0.8).meta({ description: '0 answers greedily.' }),
  topP: z.number().gt(0).max(1).default(0.8),
  repetitionPenalty: z.number().min(0.5).max(3).default(1),
  maxNewTokens: z.int().min(1).max(1_048_576).default(1024),
  seed: z.int().min(0).nullable().default(null),
  stop: z
    .array(z.string().min(1))
    .max(16)
    .default([])
    .meta({ description: 'Extra texts that end the answer.' }),
});

/** One line on a chat job's standard input, after the first line of secrets. */
export const chatRequestSchema = z
  .discriminatedUnion('op', [
    z.strictObject({
      id: z.string().min(1),
      op: z.literal('generate'),
      messages: z.array(chatMessageSchema).min(1),
      target: z.enum(['base', 'adapter']).default('adapter').meta({
        description:
          'Which of the loaded weights answers; a chat job without an adapter always answers as base.',
      }),
      sampling: samplingSchema.prefault({}),
      useRecordedSystem: z.boolean().default(true).meta({
        description:
          'Whether the system prompt that the weights were trained with stands in where the messages bring none.',
      }),
    }),
    z
      .strictObject({ id: z.string().min(1), op: z.literal('stop') })
      .meta({ description: 'Ends answer `id`.' }),
  ])
  .meta({ title: 'ChatRequest' });

const madeOfSchema = z.strictObject({
  baseName: z.string().nullable(),
  baseFingerprint: z.string().nullable(),
});

/** What answers, as the loaded files say it. Null is what they do not record. */
export const chatIdentitySchema = z.strictObject({
  template: z.string(),
  modelFingerprint: z.string().meta({
    description: 'SHA-256 over config.json and the shards of the model folder; of large shards, samples.',
  }),
  merged: madeOfSchema
    .nullable()
    .meta({ description: 'What a merged model was made from; null for any other model.' }),
  fineTuned: madeOfSchema
    .nullable()
    .meta({ description: 'The base of a model that a run trained as a whole; null for any other model.' }),
  runId: z.string().nullable(),
  step: z.int().nullable(),
  thinking: z.string().nullable(),
  systemPrompt: z.string().nullable(),
  maxPositions: z.int(),
  device: z.string(),
  deviceName: z.string(),
  precision: z.string(),
});

export const chatDeltaSchema = z.strictObject({ id: z.string(), kind: z.literal('delta'), text: z.string() });

export const chatDoneSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('done'),
  finish: z.enum(['stop', 'length', 'cancelled']),
  text: z.string(),
  promptTokens: z.int(),
  answerTokens: z.int(),
  answerMs: z.int().meta({
    description: 'From the first token of the answer to its last; reading the prompt is not in it.',
  }),
});

export const chatFailureSchema = z.strictObject({
  id: z.string().nullable(),
  kind: z.literal('error'),
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    params: z.record(z.string(), z.unknown()),
  }),
});

/** One line a chat job writes: while it loads, when it can answer, and for each request. */
export const chatReplySchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('loading'), layers: z.int(), totalLayers: z.int() }),
    z.strictObject({
      kind: z.literal('ready'),
      model: z.string(),
      adapter: z.string().nullable(),
      identity: chatIdentitySchema,
    }),
    chatDeltaSchema,
    chatDoneSchema,
    chatFailureSchema,
  ])
  .meta({ title: 'ChatReply' });

export type ChatMessage = z.output<typeof chatMessageSchema>;
export type Sampling = z.output<typeof samplingSchema>;
export type SamplingInput = z.input<typeof samplingSchema>;
export type ChatRequest = z.output<typeof chatRequestSchema>;
export type ChatReply = z.output<typeof chatReplySchema>;
