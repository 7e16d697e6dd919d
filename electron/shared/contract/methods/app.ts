import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema, timeMsSchema } from './common.ts';

const capabilitySchema = z.object({ available: z.boolean(), reason: z.string().optional() });

const capabilitiesSchema = z.object({
  nativeDialogs: capabilitySchema,
  revealInFolder: capabilitySchema,
  upload: capabilitySchema,
  terminal: capabilitySchema,
  autoUpdate: capabilitySchema,
});

export const APP_METHODS = {
  'app.info': method({
    input: emptySchema,
    output: z.object({
      name: z.string(),
      version: z.string(),
      protocolVersion: z.int(),
      /** The schema that this version writes. */
      databaseVersion: z.int(),
      nodeVersion: z.string(),
      dataFolder: z.string(),
      platform: z.string(),
      readOnly: z.boolean(),
      startedAtMs: timeMsSchema,
    }),
    errors: [],
  }),
  'app.capabilities': method({ input: emptySchema, output: capabilitiesSchema, errors: [] }),
  /** What the repository carries for a first run: rows, a tiny model, and prompts to watch. Paths of this machine. */
  'app.samples': method({
    input: emptySchema,
    output: z.object({
      rowsPath: z.string(),
      modelPath: z.string(),
      prompt: z.string(),
      samplePrompts: z.array(z.string()),
    }),
    errors: [],
  }),
} as const;

export type Capability = z.output<typeof capabilitySchema>;
export type Capabilities = z.output<typeof capabilitiesSchema>;
