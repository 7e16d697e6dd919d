import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import {
  settingsSchema,
  type Settings,
  type SettingsChanges,
} from '../../shared/contract/methods/settings.ts';
import type { SettingsRepository } from '../db/repositories/settings-repository.ts';

export type SettingsService = Readonly<{
  get(): Settings;
  /** Throws `runtime.unknown_mirror`. */
  set(changes: SettingsChanges): Settings;
  /** Throws `settings.no_folder`. */
  grantFolder(folder: string): Settings;
  revokeFolder(root: string): Settings;
}>;

export type SettingsServiceDeps = Readonly<{
  repository: SettingsRepository;
  /** Throws `runtime.unknown_mirror` for what is neither a known mirror nor an https address. */
  checkMirror: (mirror: string) => void;
  /** Tells every page, and the shell, what holds now. */
  publish: (settings: Settings) => void;
}>;

export function createSettingsService({
  repository,
  checkMirror,
  publish,
}: SettingsServiceDeps): SettingsService {
  const get = (): Settings => {
    // A value that a later version wrote, or an unknown key, falls back to the default instead of failing all.
    const stored = repository.all();
    const known = Object.entries(settingsSchema.shape).flatMap(([key, schema]) => {
      const parsed = schema.safeParse(stored[key]);
      return parsed.success ? [[key, parsed.data] as const] : [];
    });
    return settingsSchema.parse(Object.fromEntries(known));
  };
  const store = (changes: Readonly<Record<string, unknown>>): Settings => {
    for (const [key, value] of Object.entries(changes)) if (value !== undefined) repository.put(key, value);
    const settings = get();
    publish(settings);
    return settings;
  };
  return {
    get,
    set: (changes) => {
      const { mirror } = changes;
      if (mirror !== undefined && mirror !== '') checkMirror(mirror);
      return store(changes);
    },
    grantFolder: (folder) => {
      const { grantedRoots } = get();
      const root = realFolder(folder);
      return grantedRoots.includes(root) ? get() : store({ grantedRoots: [...grantedRoots, root] });
    },
    revokeFolder: (root) => store({ grantedRoots: get().grantedRoots.filter((one) => one !== root) }),
  };
}

function realFolder(folder: string): string {
  try {
    const real = realpathSync(path.resolve(folder));
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Said below: a person sees no difference between a folder that is not there and one that cannot be reached.
  }
  throw new StudioError('settings.no_folder', { path: folder });
}
