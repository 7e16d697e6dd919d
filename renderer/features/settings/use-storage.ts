import { useEffect, useRef, useState } from 'react';

import type { StorageTopicData } from '../../../electron/shared/contract/events.ts';
import { useTopic } from '../../api/hooks.ts';
import { studio } from '../../api/studio-client.ts';

/** A count older than this is made anew when somebody looks. */
const STALE_MS = 60_000;

/** Disk use as it was counted last and how far a count is; undefined until the studio has said so. */
export function useStorage(): StorageTopicData | undefined {
  const [storage, setStorage] = useState<StorageTopicData>();
  const hasAsked = useRef(false);
  useTopic('storage', (frame) => {
    // A core of another version has no such topic and answers with an error in place of a frame.
    if ('isCounting' in frame) setStorage(frame);
  });
  useEffect(() => {
    if (storage === undefined || hasAsked.current) return;
    hasAsked.current = true;
    const ageMs = Date.now() - (storage.usage?.countedAtMs ?? 0);
    // What it answers comes by the topic too; a studio that is gone says so at the top of the page.
    if (!storage.isCounting && ageMs > STALE_MS)
      studio.client.call('storage.count', {}).catch(() => undefined);
  }, [storage]);
  return storage;
}
