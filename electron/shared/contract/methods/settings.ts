import { z } from 'zod';
import { method } from '../define.ts';
import { emptySchema } from './common.ts';

export const settingsSchema = z.strictObject({
  language: z.enum(['auto', 'zh-CN', 'en']).default('auto'),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Nothing that the studio starts may reach another machine. */
  airGap: z.boolean().default(false),
  /** Where packages come from: a mirror's id in `resources/mirrors.json`, an https address, or nothing. */
  mirror: z.string().max(500).default(''),
  /** Days that what was removed can still be restored. */
  trashDays: z.int().min(0).max(3650).default(7),
  /** Folders, with every link resolved, that pages may choose files from besides those of the face. */
  grantedRoots: z.array(z.string()).default([]),
});

const { language, theme, airGap, mirror, trashDays } = settingsSchema.shape;

/** Only what is named changes: a default here would take back what another call has set. */
const settingsChangesSchema = z.strictObject({
  language: language.unwrap().optional(),
  theme: theme.unwrap().optional(),
  airGap: airGap.unwrap().optional(),
  mirror: mirror.unwrap().optional(),
  trashDays: trashDays.unwrap().optional(),
});

/** The topic `settings` carries the same. */
export const SETTINGS_METHODS = {
  'settings.get': method({ input: emptySchema, output: settingsSchema, errors: [] }),
  'settings.set': method({
    input: settingsChangesSchema,
    output: settingsSchema,
    errors: ['core.read_only', 'runtime.unknown_mirror'],
  }),
  /** Remembers a folder for every later page. A page can name only what it may reach already: a dialog's choice. */
  'settings.grantFolder': method({
    input: z.object({ path: z.string().min(1).max(4096) }),
    output: settingsSchema,
    errors: ['core.read_only', 'settings.no_folder', 'server.grants_fixed'],
  }),
  'settings.revokeFolder': method({
    input: z.object({ root: z.string().min(1).max(4096) }),
    output: settingsSchema,
    errors: ['core.read_only'],
  }),
} as const;

export type Settings = z.output<typeof settingsSchema>;
export type SettingsChanges = z.output<typeof settingsChangesSchema>;
