import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import type { CoreServices } from './core-services.ts';
import type { SettingsService } from './settings/settings-service.ts';

const DAY_MS = 86_400_000;

/** How long what was removed can be given back. */
export function keepTrashMs(settings: SettingsService): number {
  return settings.get().trashDays * DAY_MS;
}

/** The trash, disk use and clean-up. */
export function storageHandlers(
  services: CoreServices,
): Pick<HandlersFor<StudioContract>, Extract<keyof StudioContract, `storage.${string}`>> {
  const { settings, supervisor, trash } = services;
  return {
    'storage.trash': () => ({ items: [...trash.list()], keepDays: settings.get().trashDays }),
    'storage.restore': ({ trashId }) => {
      const { kind, id, name } = trash.restore(trashId);
      // A run whose end nobody kept is live in its rows; its process is looked for, and not found.
      if (kind === 'run') supervisor.recover();
      return { kind, id, name };
    },
    'storage.emptyTrash': async ({ trashIds }) => ({ trashIds: [...(await trash.empty(trashIds))] }),
  };
}
