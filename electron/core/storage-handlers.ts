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
  const { settings, supervisor, trash, usage } = services;
  /** Only where somebody has asked for a count at all. */
  const recount = (): void => {
    if (usage.view().usage !== undefined) void usage.again();
  };
  return {
    'storage.usage': () => usage.view(),
    'storage.count': () => usage.start(),
    'storage.cancelCount': () => usage.cancel(),
    'storage.items': ({ group, offset, limit }) => {
      const items = usage.items(group);
      return { total: items.length, items: items.slice(offset, offset + limit).map((item) => ({ ...item })) };
    },
    'storage.proposals': () => ({ items: usage.offers().map((one) => one.proposal) }),
    'storage.cleanUp': async ({ items }) => {
      const { freedBytes, done, refused } = await services.cleanUp(items);
      await usage.carriedOut(done);
      return {
        freedBytes,
        done: [...done],
        refused: refused.map(({ key, error }) => ({ key, error: { ...error, params: { ...error.params } } })),
      };
    },
    'storage.trash': () => ({ items: [...trash.list()], keepDays: settings.get().trashDays }),
    'storage.restore': ({ trashId }) => {
      const { kind, id, name } = trash.restore(trashId);
      // A run whose end nobody kept is live in its rows; its process is looked for, and not found.
      if (kind === 'run') supervisor.recover();
      recount();
      return { kind, id, name };
    },
    'storage.emptyTrash': async ({ trashIds }) => {
      const gone = await trash.empty(trashIds);
      recount();
      return { trashIds: [...gone] };
    },
  };
}
