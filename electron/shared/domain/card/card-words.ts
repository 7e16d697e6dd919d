import type { CardLanguage } from './card-record.ts';
import { CARD_WORDS_EN, type CardWords } from './card-words-en.ts';
import { CARD_WORDS_ZH } from './card-words-zh.ts';

export const CARD_WORDS: Readonly<Record<CardLanguage, CardWords>> = { en: CARD_WORDS_EN, zh: CARD_WORDS_ZH };

/** The sentence with its {names} filled in, all in one go: a value is never taken for a name. */
export function fill(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/gu, (whole, name: string) => values[name] ?? whole);
}
