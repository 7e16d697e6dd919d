import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { ReleaseSummary } from '../../../electron/shared/contract/methods/releases.ts';
import { useCall, useTopic } from '../../api/hooks.ts';

const MOST = 200;

export type Releases = Readonly<{
  /** Newest first; undefined until the first answer. */
  releases: readonly ReleaseSummary[] | undefined;
  error: StudioError | null;
  refetch: () => void;
}>;

/** Every release of this rig, as it stands. */
export function useReleases(): Releases {
  const list = useCall('releases.list', { limit: MOST });
  useTopic('releases', () => void list.refetch());
  return { releases: list.data?.items, error: list.error, refetch: () => void list.refetch() };
}
