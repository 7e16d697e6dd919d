import type { ReleaseDraft, ReleaseWarning } from '../../shared/contract/methods/releases.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { CardLanguage, CardPart } from '../../shared/domain/card/card-record.ts';
import type { Hub } from '../../shared/domain/hub-endpoints.ts';
import type { ReleaseCard } from '../db/repositories/release-repository.ts';
import type { Clock } from '../ports.ts';
import { repositoryNameOf } from './release-files.ts';
import type { CardRequest, PartSource, ReleaseSources } from './release-source.ts';

export type DraftDeps = Readonly<{ sources: ReleaseSources; clock: Clock }>;

/** What a person wants to release something of. */
export type ReleaseSubject = Readonly<{ run: string; step?: number | undefined } | { model: string }>;

export type PreviewedCard = { part: CardPart; readme: string; warnings: ReleaseWarning[] };

/** What could be released, and what speaks against it. Throws `core.*`, `release.*`, `model.not_ready`. */
export async function draftRelease(
  wanted: ReleaseSubject,
  { clock, sources }: DraftDeps,
): Promise<ReleaseDraft> {
  const offers = sources.offers(wanted);
  const [first] = offers;
  if (first === undefined) throw new StudioError('release.part_kind', { model: '' });
  const { baseLicence, datasets, samplePrompts } = sources.facts(first);
  const [card] = await sources.cards({
    card: { parts: [], licence: null, licenceReason: '', texts: EMPTY_TEXTS },
    sources: [first],
    hub: 'modelscope',
    language: 'zh',
    audience: 'private',
    madeAtMs: clock.nowMs(),
  });
  return {
    name: first.name,
    ...(first.runId === undefined ? {} : { runId: first.runId }),
    parts: offers.map(draftPart),
    ...(baseLicence === undefined ? {} : { baseLicence }),
    datasets: datasets.map((name) => ({ name })),
    samplePrompts: [...samplePrompts],
    // Nobody could have chosen a licence yet.
    warnings: (card?.warnings ?? []).filter(({ code }) => code !== 'card.no_licence').map(plainWarning),
  };
}

/** The cards of a release as they would be sent. Throws `release.parts_repeat` and what a draft throws. */
export async function previewCards(
  card: ReleaseCard,
  { hub, language }: Readonly<{ hub: Hub; language: CardLanguage }>,
  deps: DraftDeps,
): Promise<{ cards: PreviewedCard[] }> {
  requireDistinct(card);
  const made = await deps.sources.cards(cardRequest(card, { hub, language, audience: 'private' }, deps));
  return {
    cards: made.map(({ part, readme, warnings }) => ({
      part,
      readme,
      warnings: warnings.map(plainWarning),
    })),
  };
}

/** Looks up anew where the parts of a card lie. */
export function cardRequest(
  card: ReleaseCard,
  wanted: Pick<CardRequest, 'hub' | 'language' | 'audience'>,
  { clock, sources }: DraftDeps,
): CardRequest {
  const resolved: readonly PartSource[] = card.parts.map((choice) => sources.resolve(choice));
  return { card, sources: resolved, ...wanted, madeAtMs: clock.nowMs() };
}

/** Each part once, each repository once. Throws `release.parts_repeat`. */
export function requireDistinct({ parts }: Pick<ReleaseCard, 'parts'>): void {
  const kinds = new Set(parts.map(({ part }) => part));
  const repositories = new Set(parts.map(({ repository }) => repository.toLowerCase()));
  if (kinds.size === parts.length && repositories.size === parts.length) return;
  throw new StudioError('release.parts_repeat', {});
}

const EMPTY_TEXTS: ReleaseCard['texts'] = {
  title: '',
  domain: 'law',
  intendedUse: '',
  limitations: '',
  citation: '',
  disclaimer: true,
  datasets: [],
  samplePrompts: [],
};

const draftPart = (source: PartSource): ReleaseDraft['parts'][number] => ({
  part: source.part,
  ...(source.runId === undefined ? {} : { runId: source.runId }),
  ...(source.step === undefined ? {} : { step: source.step }),
  ...(source.modelId === undefined ? {} : { modelId: source.modelId }),
  name: source.name,
  bytes: source.files.reduce((sum, file) => sum + file.bytes, 0),
  files: source.files.map(({ path, bytes }) => ({ path, bytes })),
  repositoryName: repositoryNameOf(source.part, source.name, source.runId ?? source.modelId ?? ''),
});

const plainWarning = ({ code, params, needsReason }: ReleaseWarning): ReleaseWarning => ({
  code,
  params: { ...params },
  needsReason,
});
