import { create } from 'zustand';
import { persist } from 'zustand/middleware';

import { languageOf, type Language } from '../i18n/i18n.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';

export type Preferences = Readonly<{
  language: Language;
  theme: ThemeChoice;
  /** Whether this browser may be told of ended runs; the browser asks the person itself. */
  notify: boolean;
  setLanguage: (language: Language) => void;
  setTheme: (theme: ThemeChoice) => void;
  setNotify: (notify: boolean) => void;
}>;

/** What belongs to this browser rather than to the rig. */
export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      language: languageOf(navigator.languages),
      theme: 'system',
      notify: false,
      setLanguage: (language) => set({ language }),
      setTheme: (theme) => set({ theme }),
      setNotify: (notify) => set({ notify }),
    }),
    { name: 'legal-eagle.preferences', version: 1 },
  ),
);
