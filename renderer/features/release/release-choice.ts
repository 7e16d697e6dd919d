import type {
  ReleaseDraft,
  ReleasePartChoice,
  ReleaseTexts,
} from '../../../electron/shared/contract/methods/releases.ts';
import type { CardLanguage } from '../../../electron/shared/domain/card/card-record.ts';

export type DraftPart = ReleaseDraft['parts'][number];

/** What a person has decided on the page of one run or model; kept while the window stands. */
export type ReleaseChoice = Readonly<{
  /** Keys of the parts that are released. */
  chosen: readonly string[];
  /** Names of repositories by part key, where they are not the offered ones. */
  names: Readonly<Record<string, string>>;
  account: string;
  /** Owner of the repositories; empty for the account's own name. */
  namespace: string;
  /** Empty until a person chose one. */
  licence: string;
  licenceReason: string;
  texts: ReleaseTexts;
  language: CardLanguage;
  existing: 'refuse' | 'update-private' | 'update-any';
  /** Whether what an existing repository has besides goes with the update. */
  deleteOthers: boolean;
  /** Upload limit in kilobytes a second; empty for none. */
  maxKilobytesPerSecond: string;
}>;

/** A name that both hubs take. */
const NAME = /^(?!.*(?:--|\.\.))[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/u;
const KILOBYTE = 1000;

export const isName = (name: string): boolean => NAME.test(name);

/** What could be released twice, as two merged models of one run, differs by its model. */
export const partKey = ({ part, modelId, step }: DraftPart): string =>
  `${part}:${modelId ?? step?.toString() ?? ''}`;

/** The adapter alone where there is one: it is small, and holds nothing of the base. */
export function firstChoice(draft: ReleaseDraft, language: CardLanguage): ReleaseChoice {
  const first = draft.parts.find(({ part }) => part === 'adapter') ?? draft.parts[0];
  return {
    chosen: first === undefined ? [] : [partKey(first)],
    names: {},
    account: '',
    namespace: '',
    licence: '',
    licenceReason: '',
    texts: {
      title: '',
      domain: 'law',
      intendedUse: '',
      limitations: '',
      citation: '',
      disclaimer: true,
      datasets: [],
      samplePrompts: [],
    },
    language,
    existing: 'refuse',
    deleteOthers: false,
    maxKilobytesPerSecond: '',
  };
}

/** Takes a part in or out; a second one of its kind takes the first one's place. */
export function togglePart(draft: ReleaseDraft, choice: ReleaseChoice, part: DraftPart): ReleaseChoice {
  const key = partKey(part);
  if (choice.chosen.includes(key)) return { ...choice, chosen: choice.chosen.filter((one) => one !== key) };
  const rivals = new Set(draft.parts.filter((one) => one.part === part.part).map(partKey));
  return { ...choice, chosen: [...choice.chosen.filter((one) => !rivals.has(one)), key] };
}

export const nameOf = (choice: ReleaseChoice, part: DraftPart): string =>
  choice.names[partKey(part)] ?? part.repositoryName;

export const chosenParts = (draft: ReleaseDraft, choice: ReleaseChoice): readonly DraftPart[] =>
  draft.parts.filter((part) => choice.chosen.includes(partKey(part)));

/** The parts as the core takes them; `owner` stands before every name. */
export const partChoices = (draft: ReleaseDraft, choice: ReleaseChoice, owner: string): ReleasePartChoice[] =>
  chosenParts(draft, choice).flatMap((part): ReleasePartChoice[] => {
    const repository = `${owner}/${nameOf(choice, part)}`;
    if (part.part === 'adapter') {
      if (part.runId === undefined) return [];
      const { runId: run, step } = part;
      return [{ part: 'adapter', run, repository, ...(step === undefined ? {} : { step }) }];
    }
    return part.modelId === undefined ? [] : [{ part: part.part, model: part.modelId, repository }];
  });

export type Blocker = 'parts' | 'account' | 'owner' | 'name' | 'sameName' | 'speed';

/** What still keeps the upload from starting, in the order of the page. */
export function blockersOf(draft: ReleaseDraft, choice: ReleaseChoice, owner: string): readonly Blocker[] {
  const names = chosenParts(draft, choice).map((part) => nameOf(choice, part));
  const speed = choice.maxKilobytesPerSecond.trim();
  return [
    ...(names.length === 0 ? (['parts'] as const) : []),
    ...(choice.account === '' ? (['account'] as const) : []),
    ...(choice.account !== '' && !isName(owner) ? (['owner'] as const) : []),
    ...(names.every(isName) ? [] : (['name'] as const)),
    ...(new Set(names).size === names.length ? [] : (['sameName'] as const)),
    ...(speed === '' || bytesPerSecondOf(speed) !== undefined ? [] : (['speed'] as const)),
  ];
}

/** Undefined where it is no limit that the core takes. */
export function bytesPerSecondOf(kilobytes: string): number | undefined {
  const value = Number(kilobytes.trim());
  const least = 2;
  return Number.isFinite(value) && value >= least ? Math.round(value * KILOBYTE) : undefined;
}
