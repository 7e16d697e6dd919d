import { formatNumber } from '../figures.ts';
import type { Hub } from '../hub-endpoints.ts';
import type { CardLanguage, CardRecord } from './card-record.ts';
import { CARD_WORDS } from './card-words.ts';
import type { CardWords } from './card-words-en.ts';

/** What every section is written from. */
export type CardScene = Readonly<{
  record: CardRecord;
  hub: Hub;
  language: CardLanguage;
  words: CardWords;
  /** A figure, or that it was not recorded. */
  figure: (value: number | undefined, digits?: number) => string;
  /** A text, or that it was not recorded. */
  text: (value: string | undefined) => string;
  /** Sentences one after the other, as the language sets them. */
  join: (sentences: readonly string[]) => string;
  /** The day in UTC, the same wherever the card is made. */
  day: (timeMs: number | undefined) => string | undefined;
}>;

export function cardScene(record: CardRecord, hub: Hub, language: CardLanguage): CardScene {
  const words = CARD_WORDS[language];
  return {
    record,
    hub,
    language,
    words,
    figure: (value, digits = 0) =>
      value === undefined || !Number.isFinite(value) ? words.notRecorded : formatNumber(value, digits),
    text: (value) => (value === undefined || value.trim() === '' ? words.notRecorded : value),
    join: (sentences) => sentences.join(language === 'zh' ? '' : ' '),
    day: (timeMs) => (timeMs === undefined ? undefined : new Date(timeMs).toISOString().slice(0, 10)),
  };
}

/** 1e-4, 0.00002, 0.9: as a person writes a setting. */
export function settingText(value: number): string {
  if (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1e6)) return String(value);
  return value.toExponential().replace('e+', 'e');
}

/** A share in percent without digits that nobody measured. */
export function percentText(share: number): string {
  const percent = share * 100;
  return `${Number(percent.toPrecision(percent >= 10 ? 3 : 2))} %`;
}

/** Repositories of the same release on this hub, other than the record's own. */
export const ownRepository = ({ record, hub }: CardScene): string | undefined =>
  record.repositories[hub][record.part];
