import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import type { RELEASE_METHODS } from '../shared/contract/methods/releases.ts';
import type { CoreServices } from './core-services.ts';

/** Releases to hubs. */
export function releaseHandlers({
  releases,
}: CoreServices): Pick<HandlersFor<StudioContract>, keyof typeof RELEASE_METHODS> {
  return {
    'releases.draft': (wanted) => releases.draft(wanted),
    'releases.preview': ({ hub, language, ...card }) => releases.preview(card, { hub, language }),
    'releases.start': async (input) => ({
      releaseId: await releases.start({ ...input, maxBytesPerSecond: input.maxBytesPerSecond }),
    }),
    'releases.list': (range) => {
      const { total, items } = releases.list(range);
      return { total, items: [...items] };
    },
    'releases.get': ({ release }) => releases.get(release),
    'releases.pause': async ({ release }) => ({ releaseId: await releases.pause(release) }),
    'releases.resume': async ({ release, ...word }) => ({
      releaseId: await releases.resume(release, word),
    }),
    'releases.cancel': async ({ release }) => ({ releaseId: await releases.cancel(release) }),
    'releases.remove': ({ release }) => {
      releases.remove(release);
      return {};
    },
    'releases.publish': ({ release, ...word }) => releases.publish(release, word),
  };
}
