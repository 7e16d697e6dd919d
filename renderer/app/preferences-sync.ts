import { useEffect } from 'react';

import { StudioError } from '../../electron/shared/contract/studio-error.ts';
import { useConnection, useTopic } from '../api/hooks.ts';
import { studio } from '../api/studio-client.ts';
import { usePreferences } from '../state/preferences.ts';

/**
 * Keeps language and theme the same in every window and browser of this rig: what was chosen here, also while the
 * rig could not be reached, is told; what is chosen elsewhere is taken over at once.
 */
export function usePreferencesSync(): void {
  const { state } = useConnection();
  const unsent = usePreferences((preferences) => preferences.unsent);
  useTopic('settings', (settings) => {
    // A core of another version has no such topic and answers with an error in place of a frame.
    if (!('language' in settings)) return;
    const { language, theme } = settings;
    // `auto`: nobody has chosen a language on this rig, so the browser's own stands.
    usePreferences.getState().adopt({ ...(language === 'auto' ? {} : { language }), theme });
  });
  useEffect(() => {
    if (state !== 'online' || unsent.length === 0) return;
    void tell().catch((error: unknown) => {
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
