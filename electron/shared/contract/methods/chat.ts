import { z } from 'zod';
import { chatIdentitySchema, chatMessageSchema, samplingSchema } from '../../protocol/chat.ts';
import { method } from '../define.ts';
import { referenceSchema, timeMsSchema } from './common.ts';

/**
 * The system prompt that stands in where the messages bring none. `recipe`: recorded with the weights.
 * `dataset`: the rows that they were trained on all carry this one. `varied`: the rows carry several, so none
 * stands in.
 */
const recordedSystemSchema = z.object({
  source: z.enum(['recipe', 'dataset', 'varied', 'none']),
  text: z.string().optional(),
});

export const chatSessionSchema = z.object({
  sessionId: z.string(),
  /** Name of the model of the library, or of the base of a run. */
  model: z.string(),
  modelPath: z.string(),
  adapterPath: z.string().optional(),
  run: z.object({ id: z.string(), name: z.string() }).optional(),
  openedAtMs: timeMsSchema,
  /** Once it is loaded. */
  identity: chatIdentitySchema.optional(),
  recordedSystem: recordedSystemSchema.optional(),
});

const openShape = {
  device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  cpuThreads: z.int().min(0).default(0),
  /** Closes the session after this long without a question; 0 never does. */
  idleMinutes: z.int().min(0).max(1440).default(30),
};

export const CHAT_METHODS = {
  /**
   * Begins to load a model, or a run's base with its adapter (final, or of checkpoint `step`). The topic
   * `chat.<sessionId>` says how far it is, `ready`, the answers, and `closed` with the reason. `weights: base`
   * also opens a run that has no adapter yet. A run of full fine-tuning has no adapter: its weights are a model.
   */
  'chat.open': method({
    input: z.union([
      z.strictObject({
        model: referenceSchema,
        template: z.string().min(1).default('auto'),
        ...openShape,
      }),
      z.strictObject({
        run: referenceSchema,
        step: z.int().min(1).optional(),
        weights: z.enum(['adapter', 'base']).default('adapter'),
        template: z.string().min(1).optional(),
        ...openShape,
      }),
    ]),
    output: chatSessionSchema,
    errors: [
      'core.not_found',
      'core.ambiguous',
      'core.read_only',
      'model.not_ready',
      'chat.no_adapter',
      'chat.no_tuned_model',
      'chat.too_many',
    ],
  }),
  /** Starts one answer and returns its id. Two may be asked for at once; they are answered one after the other. */
  'chat.send': method({
    input: z.object({
      sessionId: z.string().min(1),
      messages: z.array(chatMessageSchema).min(1).max(1000),
      target: z.enum(['base', 'adapter']).default('adapter'),
      sampling: samplingSchema.prefault({}),
      useRecordedSystem: z.boolean().default(true),
    }),
    output: z.object({ requestId: z.string() }),
    errors: ['chat.session_unknown', 'chat.loading', 'chat.busy'],
  }),
  'chat.stop': method({
    input: z.object({ sessionId: z.string().min(1), requestId: z.string().min(1) }),
    output: z.object({}),
    errors: ['chat.session_unknown'],
  }),
  /** Frees the memory of the model, also while it is still being loaded. */
  'chat.close': method({
    input: z.object({ sessionId: z.string().min(1) }),
    output: z.object({}),
    errors: ['chat.session_unknown'],
  }),
} as const;

export type ChatSession = z.output<typeof chatSessionSchema>;
