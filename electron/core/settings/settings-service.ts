import { settingsSchema, type Settings } from '../../shared/contract/methods/app.ts';
import type { SettingsRepository } from '../db/repositories/settings-repository.ts';

export type SettingsService = Readonly<{
  get(): Settings;
  set(changes: Readonly<Partial<Record<keyof Settings, unknown>>>): Settings;
}>;

export function createSettingsService(repository: SettingsRepository): SettingsService {
  const get = (): Settings => {
    // A value that a later version wrote, or an unknown key, falls back to the default instead of failing all.
    const stored = repository.all();
    const known = Object.entries(settingsSchema.shape).flatMap(([key, schema]) => {
      const parsed = schema.safeParse(stored[key]);
      return parsed.success ? [[key, parsed.data] as const] : [];
    });
    return settingsSchema.parse(Object.fromEntries(known));
  };
  return {
    get,
    set: (changes) => {
      for (const [key, value] of Object.entries(changes)) if (value !== undefined) repository.put(key, value);
      return get();
    },
  };
}
