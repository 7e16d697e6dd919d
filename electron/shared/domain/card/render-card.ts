import type { Hub } from '../hub-endpoints.ts';
import { dataSection } from './card-data.ts';
import type { CardLanguage, CardRecord } from './card-record.ts';
import { reproductionSection } from './card-reproduction.ts';
import { cardScene } from './card-scene.ts';
import {
  citationSection,
  evaluationSection,
  headSection,
  licenceSection,
  lossSection,
  samplesSection,
  useSection,
} from './card-sections.ts';
import { trainingSection } from './card-training.ts';
import { usageSection } from './card-usage.ts';
import { CARD_WORDS } from './card-words.ts';
import { cardWarnings, type CardWarning } from './card-warnings.ts';
import { frontMatter } from './front-matter.ts';
import {
  addCounts,
  recordWithoutPrivate,
  withoutPrivate,
  type PrivateKnown,
  type Removed,
} from './privacy-filter.ts';

export type CardOptions = Readonly<{
  hub: Hub;
  language: CardLanguage;
  /** Names and paths of this person and machine, which no card may carry. */
  known?: PrivateKnown;
}>;

export type RenderedCard = Readonly<{
  /** Front matter and body, ended by a line feed. */
  readme: string;
  warnings: readonly CardWarning[];
  /** What the privacy filter took out, by kind. */
  removed: Removed;
}>;

/** The README of a repository. Pure: one record gives one text for each hub and language. */
export function renderCard(record: CardRecord, { hub, known, language }: CardOptions): RenderedCard {
  const mark = CARD_WORDS[language].removed;
  const secret: PrivateKnown = {
    paths: known?.paths ?? [],
    names: (known?.names ?? []).filter((name) => !isPublic(name, record)),
  };
  const { recipe } = record.training;
  // Where a base or a dataset lies is no part of a card, so nothing is missed there.
  const training = { ...record.training, recipe: { ...recipe, model: 'model', dataset: 'dataset' } };
  const clean = recordWithoutPrivate({ ...record, training }, secret, mark);
  const scene = cardScene(clean.value, hub, language);
  const sections = [
    headSection(scene),
    useSection(scene),
    usageSection(scene),
    dataSection(scene),
    trainingSection(scene),
    lossSection(scene),
    evaluationSection(scene),
    ...samplesSection(scene),
    licenceSection(scene),
    reproductionSection(scene),
    ...citationSection(scene),
  ];
  const whole = `${frontMatter(clean.value, hub)}\n${sections.join('\n\n')}\n`;
  // Once more over the whole: what stands in two fields may be a path only together.
  const last = withoutPrivate(whole, secret, mark);
  const removed: Record<string, number> = { ...clean.removed };
  addCounts(removed, last.removed);
  return { readme: last.text, warnings: cardWarnings(record), removed };
}

/** An account under whose name the repository itself is found hides nothing by leaving the card. */
function isPublic(name: string, { base, datasets, repositories }: CardRecord): boolean {
  const addresses = [
    ...Object.values(repositories).flatMap((parts) => Object.values(parts)),
    ...Object.values(base.ids),
    ...datasets.flatMap(({ link }) => (link === undefined ? [] : [link])),
  ];
  return addresses.some((address) => address.toLowerCase().split(/[/.]/u).includes(name.toLowerCase()));
}
