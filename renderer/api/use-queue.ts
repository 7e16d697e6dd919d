import { useState } from 'react';

import type { QueueView } from '../../electron/shared/contract/methods/queue.ts';
import { useTopic } from './hooks.ts';

/** The runs that wait, as they are now; undefined until the studio has said so. */
export function useQueue(): QueueView | undefined {
  const [view, setView] = useState<QueueView | undefined>(undefined);
  useTopic('queue', (frame) => {
    // A core of another version has no such topic and answers with an error in place of a frame.
    if ('items' in frame) setView(frame);
  });
  return view;
}
