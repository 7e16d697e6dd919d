import { z } from 'zod';
import { chatMessageSchema, samplingSchema } from '../../protocol/chat.ts';
import { method } from '../define.ts';
import { referenceSchema } from './common.ts';

const sessionSchema = z.object({
  sessionId: z.string(),
  model: z.string(),
  modelPath: z.string(),
  adapterPath: z.string().optional(),
  template: z.string(),
});

export const CHAT_METHODS = {
  /**
   * Loads a model, or a run's base with its adapter (final, or of checkpoint `step`), and returns when it
   * can answer. Answers stream on the topic `chat.<sessionId>`.
   */
  'chat.open': method({
    input: z.union([
      z.strictObject({
        model: referenceSchema,
        template: z.string().min(1).default('auto'),
        device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
        cpuThreads: z.int().min(0).default(0),
      }),
      z.strictObject({
        run: referenceSchema,
        step: z.int().min(1).optional(),
        template: z.string().min(1).optional(),
        device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
        cpuThreads: z.int().min(0).default(0),
      }),
    ]),
    output: sessionSchema,
    errors: ['core.not_found', 'core.ambiguous', 'core.read_only', 'model.not_ready', 'chat.no_adapter'],
  }),
  /** Starts one answer and returns its id; one session answers one request at a time. */
  'chat.send': method({
    input: z.object({
      sessionId: z.string().min(1),
      messages: z.array(chatMessageSchema).min(1).max(1000),
      target: z.enum(['base', 'adapter']).default('adapter'),
      sampling: samplingSchema.prefault({}),
    }),
    output: z.object({ requestId: z.string() }),
    errors: ['chat.session_unknown', 'chat.busy', 'chat.ended'],
  }),
  'chat.stop': method({
    input: z.object({ sessionId: z.string().min(1), requestId: z.string().min(1) }),
    output: z.object({}),
    errors: ['chat.session_unknown', 'chat.ended'],
  }),
  'chat.close': method({
    input: z.object({ sessionId: z.string().min(1) }),
    output: z.object({}),
    errors: ['chat.session_unknown'],
  }),
} as const;

export type ChatSession = z.output<typeof sessionSchema>;
