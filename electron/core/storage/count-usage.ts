import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import { USAGE_GROUPS, type CleanUpProposal, type UsageItem } from '../../shared/contract/methods/storage.ts';
import { DiskCounter, type CounterOptions, type Tally } from './disk-tally.ts';
import type { CleanUpOffer, GroupSum, UsagePlace, UsageSources } from './usage-place.ts';

export type CountedOffer = Readonly<{ offer: CleanUpOffer; proposal: CleanUpProposal }>;

export type UsageCount = Readonly<{
  groups: readonly GroupSum[];
  totalBytes: number;
  unreadable: number;
  /** The largest first. */
  items: readonly UsageItem[];
  /** The largest first. */
  offers: readonly CountedOffer[];
}>;

const OTHER_KEY = 'other';

/** Adds up every place and offer. Throws the signal's reason when it is aborted. */
export async function countUsage(
  { places, offers, home }: UsageSources,
  options: CounterOptions,
): Promise<UsageCount> {
  const counter = new DiskCounter(options);
  const tallies = new Map<string, Tally>();
  const items: UsageItem[] = [];
  let unreadable = 0;
  for (const place of places) {
    const { item, tally, isWhole } = await countPlace(place, counter);
    items.push(item);
    unreadable += tally.unreadable;
    if (isWhole) tallies.set(place.path, tally);
  }
  const rest = await counter.tally(home, new Set(places.map((place) => place.path)));
  unreadable += rest.unreadable;
  items.push({
    key: OTHER_KEY,
    group: 'other',
    name: home,
    path: home,
    bytes: rest.bytes,
    isOurs: true,
  });
  const counted: CountedOffer[] = [];
  for (const ask of offers) {
    await setImmediate();
    options.signal?.throwIfAborted();
    for (const offer of ask()) counted.push({ offer, proposal: await propose(offer, tallies, options) });
  }
  const groups = USAGE_GROUPS.map((group): GroupSum => {
    const own = items.filter((item) => item.group === group && item.isOurs);
    return { group, bytes: sum(own), count: group === 'other' ? 0 : own.length };
  });
  return {
    groups,
    totalBytes: sum(groups),
    unreadable,
    items: items.sort((left, right) => right.bytes - left.bytes),
    offers: counted.sort((left, right) => right.proposal.bytes - left.proposal.bytes),
  };
}

/** What an offer comes to now: its bytes, and the mark of its state. */
export async function propose(
  offer: CleanUpOffer,
  known: ReadonlyMap<string, Tally>,
  options: CounterOptions,
): Promise<CleanUpProposal> {
  // Links between the paths of one offer are all its own.
  const counter = new DiskCounter({ signal: options.signal });
  const marks: string[] = [];
  let bytes = 0;
  for (const one of offer.paths) {
    const tally = known.get(one) ?? (await counter.tally(one));
    bytes += tally.freeableBytes;
    marks.push(`${one} ${tally.mark}`);
  }
  return {
    key: offer.key,
    kind: offer.kind,
    name: offer.name,
    bytes,
    count: offer.paths.length,
    paths: [...offer.paths],
    ...(offer.steps === undefined ? {} : { steps: [...offer.steps] }),
    mark: createHash('sha256').update(marks.join('\n')).digest('hex'),
  };
}

async function countPlace(
  place: UsagePlace,
  counter: DiskCounter,
): Promise<Readonly<{ item: UsageItem; tally: Tally; isWhole: boolean }>> {
  const { parts, ...rest } = place;
  if (parts === undefined) {
    const tally = await counter.tally(place.path);
    return { item: { ...rest, bytes: tally.bytes }, tally, isWhole: true };
  }
  const checkpoints = await counter.tally(parts.checkpoints);
  const adapter = await counter.tally(parts.adapter);
  const tally = await counter.tally(place.path, new Set(Object.values(parts)));
  const bytes = checkpoints.bytes + adapter.bytes + tally.bytes;
  return {
    item: {
      ...rest,
      bytes,
      parts: { checkpoints: checkpoints.bytes, adapter: adapter.bytes, rest: tally.bytes },
    },
    tally,
    isWhole: false,
  };
}

function sum(of: readonly Readonly<{ bytes: number }>[]): number {
  return of.reduce((total, one) => total + one.bytes, 0);
}
