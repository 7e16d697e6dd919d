import { useState } from 'react';

import type { Settings } from '../../electron/shared/contract/methods/settings.ts';
import { useTopic } from './hooks.ts';

/** What is set on this rig, as it is now, whoever changes it; undefined until the studio has said so. */
export function useSettings(): Settings | undefined {
  const [settings, setSettings] = useState<Settings>();
  useTopic('settings', (data) => {
    // A core of another version has no such topic and answers with an error in place of a frame.
    if ('grantedRoots' in data) setSettings(data);
  });
  return settings;
}
