import { DatasetFile } from '../db/repositories/dataset-file.ts';
import type { CardRecord } from '../../shared/domain/card/card-record.ts';
import type { DatasetProvenance } from './gather-card.ts';

/** Rows whose letters are counted. */
const LANGUAGE_ROWS = 200;
/** A language that fewer of the letters belong to is a quotation. */
const LANGUAGE_SHARE = 0.2;

/** What a dataset file says of its making; undefined where it is gone or broken. */
export function readProvenance(path: string): DatasetProvenance | undefined {
  try {
    return DatasetFile.use(path, (file) => {
      const rows = file.rows({ split: 'train', search: '', offset: 0, limit: LANGUAGE_ROWS }).items;
      const said = rows.flatMap(({ messages }) => messages.map(({ content }) => content));
      const { evalFraction, seed, sources } = file.origin();
      return {
        facts: file.facts(),
        evalFraction,
        seed,
        sources,
        excludedReasons: file.excludedReasons(),
        languages: languagesOf(said.join('\n')),
      };
    });
  } catch {
    return undefined;
  }
}

/** By words: a Chinese character is about one, and a run of Latin letters is one. */
function languagesOf(text: string): CardRecord['languages'] {
  const counts = {
    zh: text.match(/\p{Script=Han}/gu)?.length ?? 0,
    en: text.match(/[A-Za-z]{2,}/gu)?.length ?? 0,
  };
  const all = counts.zh + counts.en;
  return (['zh', 'en'] as const)
    .filter((language) => all > 0 && counts[language] / all >= LANGUAGE_SHARE)
    .toSorted((one, other) => counts[other] - counts[one]);
}
