import type { ErrorLanguage } from '../shared/contract/errors/index.ts';

/** One sentence in both languages. */
export type Words = Readonly<Record<ErrorLanguage, string>>;

/** `LEGAL_EAGLE_LANGUAGE` decides, else the locale of the terminal. */
export const terminalLanguage = (env: Readonly<Record<string, string | undefined>>): ErrorLanguage => {
  const named = env['LEGAL_EAGLE_LANGUAGE'] ?? env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? '';
  return named.toLowerCase().startsWith('zh') ? 'zh' : 'en';
};

const TWO_DIGITS = 2;

/** `2 h 11 m` / `2 小时 11 分`; below an hour minutes and seconds, below a minute seconds. */
export const durationText = (durationMs: number, language: ErrorLanguage): string => {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  const [h, m, s] = language === 'zh' ? [' 小时', ' 分', ' 秒'] : [' h', ' m', ' s'];
  if (hours > 0) return `${String(hours)}${h} ${String(minutes).padStart(TWO_DIGITS, '0')}${m}`;
  if (minutes > 0) return `${String(minutes)}${m} ${String(rest).padStart(TWO_DIGITS, '0')}${s}`;
  return `${String(rest)}${s}`;
};

/** `13,482`; thousands with commas in both languages. */
export const countText = (value: number): string => Math.round(value).toLocaleString('en-US');
