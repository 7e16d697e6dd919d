import { useEffect } from 'react';

import { StudioError } from '../../electron/shared/contract/studio-error.ts';
import { useConnection } from '../api/hooks.ts';
import { studio } from '../api/studio-client.ts';
import { usePreferences } from '../state/preferences.ts';

/**
 * Keeps language and theme the same in every browser of this rig: what was chosen here, also while the rig could
 * not be reached, is told; otherwise what was chosen elsewhere is taken over.
 */
export function usePreferencesSync(): void {
  const { state } = useConnection();
  const unsent = usePreferences((preferences) => preferences.unsent);
  useEffect(() => {
    if (state !== 'online') return;
    void (unsent.length > 0 ? tell() : ask()).catch((error: unknown) => {
      // A rig that is read or a socket that breaks leaves the choice here; the next connection tries again.
      if (!(error instanceof StudioError)) throw error;
    });
  }, [state, unsent]);
}

async function tell(): Promise<void> {
  const { unsent, language, theme, sent } = usePreferences.getState();
  const told = {
    ...(unsent.includes('language') ? { language } : {}),
    ...(unsent.includes('theme') ? { theme } : {}),
  };
  await studio.client.call('settings.set', told);
  sent(told);
}

async function ask(): Promise<void> {
  const { language, theme } = await studio.client.call('settings.get', {});
  // `auto`: nobody has chosen a language on this rig, so the browser's own stands.
  usePreferences.getState().adopt({ ...(language === 'auto' ? {} : { language }), theme });
}
