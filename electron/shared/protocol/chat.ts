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
    }),
    z
      .strictObject({ id: z.string().min(1), op: z.literal('stop') })
      .meta({ description: 'Ends answer `id`.' }),
  ])
  .meta({ title: 'ChatRequest' });

/** One line a chat job writes for a request. */
export const chatReplySchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('ready'),
      model: z.string(),
      adapter: z.string().nullable(),
      template: z.string(),
    }),
    z.strictObject({ id: z.string(), kind: z.literal('delta'), text: z.string() }),
    z.strictObject({
      id: z.string(),
      kind: z.literal('done'),
      finish: z.enum(['stop', 'length', 'cancelled']),
      text: z.string(),
      promptTokens: z.int(),
      answerTokens: z.int(),
    }),
    z.strictObject({
      id: z.string().nullable(),
      kind: z.literal('error'),
      error: z.strictObject({
        code: z.string(),
        message: z.string(),
        params: z.record(z.string(), z.unknown()),
      }),
    }),
  ])
  .meta({ title: 'ChatReply' });

export type ChatMessage = z.output<typeof chatMessageSchema>;
export type Sampling = z.output<typeof samplingSchema>;
export type SamplingInput = z.input<typeof samplingSchema>;
export type ChatRequest = z.output<typeof chatRequestSchema>;
export type ChatReply = z.output<typeof chatReplySchema>;
