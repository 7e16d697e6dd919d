import { create } from 'zustand';
import { persist } from 'zustand/middleware';

import { languageOf, type Language } from '../i18n/i18n.ts';

export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

/** What follows a person from browser to browser. */
export type SharedPreferences = Readonly<{ language: Language; theme: ThemeChoice }>;
export type SharedPreference = keyof SharedPreferences;

export type Preferences = SharedPreferences &
  Readonly<{
    /** Whether this browser may be told of ended runs; the browser asks the person itself. */
    notify: boolean;
    /** Chosen here and not told to the rig yet: these win over what the rig knows. */
    unsent: readonly SharedPreference[];
    setLanguage: (language: Language) => void;
    setTheme: (theme: ThemeChoice) => void;
    setNotify: (notify: boolean) => void;
    /** The rig knows these now; what was chosen again meanwhile stays unsent. */
    sent: (told: Partial<SharedPreferences>) => void;
    /** Takes over what was chosen in another browser. */
    adopt: (known: Partial<SharedPreferences>) => void;
  }>;

const withUnsent = (unsent: readonly SharedPreference[], name: SharedPreference): SharedPreference[] => [
  ...unsent.filter((one) => one !== name),
  name,
];

/** What this browser remembers; language and theme are the rig's too (app/preferences-sync). */
export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      language: languageOf(navigator.languages),
      theme: 'system',
      notify: false,
      unsent: [],
      setLanguage: (language) => set(({ unsent }) => ({ language, unsent: withUnsent(unsent, 'language') })),
      setTheme: (theme) => set(({ unsent }) => ({ theme, unsent: withUnsent(unsent, 'theme') })),
      setNotify: (notify) => set({ notify }),
      sent: (told) => set((now) => ({ unsent: now.unsent.filter((name) => told[name] !== now[name]) })),
      adopt: ({ language, theme }) =>
        set((now) => ({
          ...(language === undefined || now.unsent.includes('language') ? {} : { language }),
          ...(theme === undefined || now.unsent.includes('theme') ? {} : { theme }),
        })),
    }),
    {
      name: 'legal-eagle.preferences',
      version: 2,
      // What the first version remembered was chosen here and never told.
      migrate: (stored) => ({ ...(stored as Preferences), unsent: ['language', 'theme'] }),
    },
  ),
);
