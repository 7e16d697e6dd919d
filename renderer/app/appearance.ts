import type { Language } from '../i18n/i18n.ts';
import type { ThemeChoice } from '../state/preferences.ts';

const THEME_ORDER: Readonly<Record<ThemeChoice, ThemeChoice>> = {
  system: 'light',
  light: 'dark',
  dark: 'system',
};

export const nextTheme = (theme: ThemeChoice): ThemeChoice => THEME_ORDER[theme];

export const otherLanguage = (language: Language): Language => (language === 'en' ? 'zh-CN' : 'en');
