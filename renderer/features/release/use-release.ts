import { useState } from 'react';

import { useQueryClient } from '@tanstack/react-query';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { ReleaseView } from '../../../electron/shared/contract/methods/releases.ts';
import { useCall, useTopic } from '../../api/hooks.ts';

export type FollowedRelease = Readonly<{
  /** Undefined until the first answer. */
  release: ReleaseView | undefined;
  error: StudioError | null;
  refetch: () => void;
}>;

/** A release as it is now, whoever changes it. */
export function useRelease(id: string): FollowedRelease {
  const queries = useQueryClient();
  const call = useCall('releases.get', { release: id });
  const [live, setLive] = useState<ReleaseView>();
  useTopic(`release.${id}`, (next) => {
    // The list beside it says the same words.
    if (live?.state !== next.state) void queries.invalidateQueries({ queryKey: ['releases'] });
    setLive(next);
  });
  return { release: live ?? call.data, error: call.error, refetch: () => void call.refetch() };
}
