import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Every feature's texts: `./<language>/<feature>.json`. */
const files = import.meta.glob<Readonly<Record<string, unknown>>>(['./zh-CN/*.json', './en/*.json'], {
  eager: true,
  import: 'default',
});

const resources: Record<string, Record<string, Readonly<Record<string, unknown>>>> = {};
for (const [file, texts] of Object.entries(files)) {
  const [, language = '', feature = ''] = /^\.\/([^/]+)\/([^/]+)\.json$/u.exec(file) ?? [];
  (resources[language] ??= {})[feature] = texts;
}

/** The language of a browser that has not chosen one here. */
export const languageOf = (preferred: readonly string[]): Language =>
  /^zh/iu.test(preferred[0] ?? '') ? 'zh-CN' : 'en';

/** Call once, before the first render. */
export function startI18n(language: Language): void {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources,
    defaultNS: 'common',
    keySeparator: '.',
    // React escapes what it renders.
    interpolation: { escapeValue: false },
    returnNull: false,
    initAsync: false,
  });
  document.documentElement.lang = language;
}

export function switchLanguage(language: Language): void {
  void i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
