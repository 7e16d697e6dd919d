export type UpdateFacts = Readonly<{
  isPackaged: boolean;
  /** Whether the package was built with an address that updates come from. */
  hasFeed: boolean;
  /** The setting that lets nothing out of this machine. */
  airGap: boolean;
  liveRuns: number;
  /** Once at the start of the app, then from time to time. */
  moment: 'launch' | 'later';
  /** A version that an earlier life of the app has downloaded. */
  waiting: string | undefined;
  current: string;
}>;

export type UpdateStep =
  | Readonly<{ kind: 'off'; reason: 'not packaged' | 'no feed' | 'air gap' }>
  /** Look for a newer version and download it; it is installed at the next start at the earliest. */
  | Readonly<{ kind: 'look' }>
  /** Install what is there, if the person agrees. */
  | Readonly<{ kind: 'offer'; version: string }>;

/** What to do about updates now. Installing needs a start of the app and no live run; looking needs the feed only. */
export function decideUpdate(facts: UpdateFacts): UpdateStep {
  if (!facts.isPackaged) return { kind: 'off', reason: 'not packaged' };
  if (!facts.hasFeed) return { kind: 'off', reason: 'no feed' };
  if (facts.airGap) return { kind: 'off', reason: 'air gap' };
  const isInstalled = facts.waiting === facts.current;
  if (facts.moment === 'launch' && facts.waiting !== undefined && !isInstalled && facts.liveRuns === 0)
    return { kind: 'offer', version: facts.waiting };
  return { kind: 'look' };
}
