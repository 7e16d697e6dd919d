import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import type { CoreServices } from './core-services.ts';

type SettingsHandlers = Pick<
  HandlersFor<StudioContract>,
  Extract<keyof StudioContract, `settings.${string}`>
>;

export const settingsHandlers = ({ settings }: CoreServices): SettingsHandlers => ({
  'settings.get': () => settings.get(),
  'settings.set': (changes) => settings.set(changes),
  'settings.grantFolder': ({ path }) => settings.grantFolder(path),
  'settings.revokeFolder': ({ root }) => settings.revokeFolder(root),
});
