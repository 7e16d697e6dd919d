import { describe, expect, it } from 'vitest';

import type { CardRecord } from '../../../../electron/shared/domain/card/card-record.ts';
import {
  CARD_WARNINGS,
  cardWarnings,
  type CardWarning,
  type CardWarningCode,
} from '../../../../electron/shared/domain/card/card-warnings.ts';
import {
  KNOWN_LICENCES,
  allowsCommerce,
  isFreer,
  licenceOf,
} from '../../../../electron/shared/domain/card/licences.ts';
import { describeCardWarning } from '../../../../electron/shared/domain/card/warning-words.ts';
import { cardRecord } from '../../../helpers/card-record.ts';

const codes = (record: CardRecord): readonly string[] => cardWarnings(record).map(({ code }) => code);
const only = (record: CardRecord, code: CardWarningCode): CardWarning | undefined =>
  cardWarnings(record).find((warning) => warning.code === code);
const { base, datasets } = cardRecord();
const [dataset] = datasets;
if (dataset === undefined) throw new Error('the sample record has no dataset');
const baseUnder = (name: string | undefined): CardRecord['base'] => ({
  ...base,
  licence: name === undefined ? undefined : { name, file: 'README.md' },
});

/** For each rule, a record on which it must speak and one that differs in that alone, on which it must not. */
const CASES: Readonly<Record<CardWarningCode, readonly [fires: CardRecord, silent: CardRecord]>> = {
  'card.base_licence': [
    cardRecord({ base: baseUnder('other'), licence: 'other' }),
    cardRecord({ base: baseUnder('Apache License 2.0') }),
  ],
  'card.dataset_licence': [cardRecord({ datasets: [{ ...dataset, licence: undefined }] }), cardRecord()],
  'card.generated_data': [cardRecord({ datasets: [{ ...dataset, generatedBy: 'ChatGPT' }] }), cardRecord()],
  'card.personal_data': [
    cardRecord({ personalData: undefined }),
    cardRecord({ personalData: undefined, domain: 'general' }),
  ],
  'card.licence_wider_than_base': [
    cardRecord({ base: baseUnder('gpl-3.0'), licence: 'mit' }),
    cardRecord({ base: baseUnder('mit'), licence: 'gpl-3.0' }),
  ],
  'card.no_disclaimer': [
    cardRecord({ hasDisclaimer: false }),
    cardRecord({ hasDisclaimer: false, domain: 'general' }),
  ],
  'card.content_review': [cardRecord({ audience: 'public' }), cardRecord()],
  'card.adapter_only': [
    cardRecord({ part: 'merged', base: { ...base, gated: true } }),
    cardRecord({ part: 'adapter', base: { ...base, gated: true } }),
  ],
  'card.no_licence': [cardRecord({ licence: undefined }), cardRecord()],
};

describe('warnings before a release', () => {
  it.each(Object.entries(CASES))('%s speaks where it must, and only there', (code, [fires, silent]) => {
    expect(codes(fires)).toContain(code);
    expect(codes(silent)).not.toContain(code);
  });

  // A table that loses a rule would warn of less without a sound.
  it('has the eight rules of the design and the missing choice', () => {
    expect(Object.values(CARD_WARNINGS)).toEqual(['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'W8', 'W9']);
  });

  // A permissive promise over data that nobody may use so must not pass with a click.
  it('asks for a reason where a public repository promises commerce and its data does not allow it', () => {
    const unknown = { datasets: [{ ...dataset, licence: undefined }] };
    expect(only(cardRecord({ ...unknown, audience: 'public' }), 'card.dataset_licence')?.needsReason).toBe(
      true,
    );
    expect(only(cardRecord({ ...unknown, audience: 'private' }), 'card.dataset_licence')?.needsReason).toBe(
      false,
    );
    const honest = cardRecord({ ...unknown, audience: 'public', licence: 'cc-by-nc-4.0' });
    expect(only(honest, 'card.dataset_licence')?.needsReason).toBe(false);
  });

  // An unknown base under a chosen Apache licence is the case of the older InternLM snapshots.
  it('takes a base without a licence for one that allows nothing', () => {
    expect(codes(cardRecord({ base: baseUnder(undefined) }))).toEqual(
      expect.arrayContaining(['card.base_licence', 'card.licence_wider_than_base']),
    );
  });

  it.each(['zh', 'en'] as const)('has words for every rule in %s, with nothing left open', (language) => {
    for (const [record] of Object.values(CASES)) {
      for (const warning of cardWarnings(record)) {
        const { message, action } = describeCardWarning(warning, language);
        for (const said of [message, action]) {
          expect(said).toMatch(/\S/u);
          expect(said).not.toMatch(/undefined|“”|\{|\}|NaN/u);
          if (language === 'en') expect(said).not.toMatch(/[\u4e00-\u9fff]/u);
        }
      }
    }
  });
});

describe('licences', () => {
  // Cards spell one licence in many ways; a spelling that is not understood would count as unknown.
  it.each([
    ['Apache License 2.0', 'apache-2.0'],
    ['apache-2.0', 'apache-2.0'],
    [' MIT ', 'mit'],
    ['CC-BY-NC-ND', 'cc-by-nc-nd-4.0'],
  ])('knows %s as %s', (spelling, id) => {
    expect(licenceOf(spelling).id).toBe(id);
  });

  it.each(['cc-by-nc-4.0', 'my-research-licence', 'internlm-non-commercial', 'other', '仅限非商用'])(
    'does not let %s into business',
    (name) => {
      expect(allowsCommerce(licenceOf(name))).toBe(false);
    },
  );

  // An order with a cycle would call each of two licences freer than the other.
  it('orders them without a contradiction', () => {
    for (const one of KNOWN_LICENCES) {
      expect(isFreer(one, one)).toBe(false);
      for (const other of KNOWN_LICENCES) expect(isFreer(one, other) && isFreer(other, one)).toBe(false);
    }
    expect(isFreer(licenceOf('cc0'), licenceOf('mit'))).toBe(true);
    expect(isFreer(licenceOf('mit'), licenceOf('gpl-3.0'))).toBe(true);
    expect(isFreer(licenceOf('llama3'), licenceOf('cc-by-nc-4.0'))).toBe(true);
    expect(isFreer(licenceOf('cc-by-nc-4.0'), licenceOf('other'))).toBe(true);
  });
});
