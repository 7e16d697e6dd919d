import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Every feature's texts of one language, in a file of their own: a page fetches the one it shows. */
const WORDS = {
  'zh-CN': async () => (await import('./words-zh-cn.ts')).WORDS,
  en: async () => (await import('./words-en.ts')).WORDS,
} as const satisfies Readonly<Record<Language, unknown>>;

/** The language of a browser that has not chosen one here. */
export const languageOf = (preferred: readonly string[]): Language =>
  /^zh/iu.test(preferred[0] ?? '') ? 'zh-CN' : 'en';

/** Call once, before the first render. */
export async function startI18n(language: Language): Promise<void> {
  const words = await WORDS[language]();
  await i18next.use(initReactI18next).init({
    lng: language,
    // Both languages have every text; a gate compares them.
    fallbackLng: false,
    resources: { [language]: { ...words } },
    defaultNS: 'common',
    keySeparator: '.',
    // React escapes what it renders.
    interpolation: { escapeValue: false },
    returnNull: false,
    initAsync: false,
  });
  document.documentElement.lang = language;
}

export async function switchLanguage(language: Language): Promise<void> {
  const words = await WORDS[language]();
  for (const [feature, texts] of Object.entries(words)) i18next.addResourceBundle(language, feature, texts);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
