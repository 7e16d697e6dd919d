import type { CardRecord } from './card-record.ts';
import { allowsCommerce, isFreer, licenceOf, type Licence } from './licences.ts';

/** Rules that are looked at before a release, in the order in which they are said; `rule` is their number. */
export const CARD_WARNINGS = {
  'card.base_licence': 'W1',
  'card.dataset_licence': 'W2',
  'card.generated_data': 'W3',
  'card.personal_data': 'W4',
  'card.licence_wider_than_base': 'W5',
  'card.no_disclaimer': 'W6',
  'card.content_review': 'W7',
  'card.adapter_only': 'W8',
  'card.no_licence': 'W9',
} as const;

export type CardWarningCode = keyof typeof CARD_WARNINGS;

export type CardWarning = Readonly<{
  code: CardWarningCode;
  params: Readonly<Record<string, string | number>>;
  /** Going public in spite of it takes a reason that a person types. */
  needsReason: boolean;
}>;

type Rule = (record: CardRecord) => readonly Omit<CardWarning, 'code'>[];

const SENSITIVE_DOMAINS: ReadonlySet<string> = new Set(['law', 'medicine']);

const baseLicence = ({ base }: CardRecord): Licence | undefined =>
  base.licence?.name === undefined ? undefined : licenceOf(base.licence.name);

/** A public repository that promises commerce, whatever its base or data say. */
const promisesCommerce = ({ audience, licence }: CardRecord): boolean =>
  audience === 'public' && licence !== undefined && allowsCommerce(licenceOf(licence));

const RULES: Readonly<Record<CardWarningCode, Rule>> = {
  'card.base_licence': (record) => {
    const licence = baseLicence(record);
    if (licence !== undefined && allowsCommerce(licence)) return [];
    return [
      {
        params: { base: record.base.name, licence: licence?.title ?? '' },
        needsReason: promisesCommerce(record),
      },
    ];
  },
  'card.dataset_licence': (record) =>
    record.datasets.flatMap(({ name, licence }) =>
      licence !== undefined && allowsCommerce(licenceOf(licence))
        ? []
        : [{ params: { dataset: name, licence: licence ?? '' }, needsReason: promisesCommerce(record) }],
    ),
  'card.generated_data': ({ datasets }) =>
    datasets.flatMap(({ name, generatedBy }) =>
      generatedBy === undefined
        ? []
        : [{ params: { dataset: name, service: generatedBy }, needsReason: false }],
    ),
  'card.personal_data': ({ audience, domain, personalData }) => {
    if (!SENSITIVE_DOMAINS.has(domain)) return [];
    if (personalData === undefined)
      return [{ params: { rows: 0, found: 0 }, needsReason: audience === 'public' }];
    return personalData.found === 0 ? [] : [{ params: personalData, needsReason: audience === 'public' }];
  },
  'card.licence_wider_than_base': (record) => {
    if (record.licence === undefined) return [];
    const chosen = licenceOf(record.licence);
    const base = baseLicence(record);
    if (base !== undefined && !isFreer(chosen, base)) return [];
    if (base === undefined && chosen.freedom === 'unknown') return [];
    return [
      {
        params: { chosen: chosen.title, base: record.base.name, licence: base?.title ?? '' },
        needsReason: record.audience === 'public',
      },
    ];
  },
  'card.no_disclaimer': ({ domain, hasDisclaimer }) =>
    SENSITIVE_DOMAINS.has(domain) && !hasDisclaimer ? [{ params: { domain }, needsReason: false }] : [],
  'card.content_review': ({ audience, domain }) =>
    audience === 'public' && SENSITIVE_DOMAINS.has(domain)
      ? [{ params: { domain }, needsReason: false }]
      : [],
  'card.adapter_only': (record) => {
    if (record.part === 'adapter') return [];
    const licence = baseLicence(record);
    const isClosed = licence !== undefined && ['non-commercial', 'no-derivatives'].includes(licence.freedom);
    if (!record.base.gated && !isClosed) return [];
    return [
      {
        params: { base: record.base.name, licence: licence?.title ?? '', part: record.part },
        needsReason: record.audience === 'public',
      },
    ];
  },
  'card.no_licence': ({ licence, audience }) =>
    licence === undefined ? [{ params: {}, needsReason: audience === 'public' }] : [],
};

/** What a person should know before the record is released. Never empty text, never a guess: a rule fires on what is recorded. */
export function cardWarnings(record: CardRecord): readonly CardWarning[] {
  return (Object.keys(CARD_WARNINGS) as CardWarningCode[]).flatMap((code) =>
    RULES[code](record).map((warning) => ({ code, ...warning })),
  );
}
