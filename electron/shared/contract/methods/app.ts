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

export const settingsSchema = z.strictObject({
  language: z.enum(['auto', 'zh-CN', 'en']).default('auto'),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  airGap: z.boolean().default(false),
  /** Days that what was removed can still be restored. */
  trashDays: z.int().min(0).max(3650).default(7),
});

const { language, theme, airGap, trashDays } = settingsSchema.shape;

/** Only what is named changes: a default here would take back what another call has set. */
const settingsChangesSchema = z.strictObject({
  language: language.unwrap().optional(),
  theme: theme.unwrap().optional(),
  airGap: airGap.unwrap().optional(),
  trashDays: trashDays.unwrap().optional(),
});

export const APP_METHODS = {
  'app.info': method({
    input: emptySchema,
    output: z.object({
      name: z.string(),
      version: z.string(),
      protocolVersion: z.int(),
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
  'settings.get': method({ input: emptySchema, output: settingsSchema, errors: [] }),
  'settings.set': method({
    input: settingsChangesSchema,
    output: settingsSchema,
    errors: ['core.read_only'],
  }),
} as const;

export type Capability = z.output<typeof capabilitySchema>;
export type Capabilities = z.output<typeof capabilitiesSchema>;
export type Settings = z.output<typeof settingsSchema>;
