import type { CleanUpKind, UsageGroup, UsageItem } from '../../shared/contract/methods/storage.ts';

/** One thing that takes room on the disk. No two places share a path, nor does one lie in another. */
export type UsagePlace = Readonly<
  Omit<UsageItem, 'bytes' | 'parts'> & {
    /** Of a run: subtrees that are told separately. */
    parts?: Readonly<{ checkpoints: string; adapter: string }> | undefined;
  }
>;

/** Something that may be deleted; what it comes to is found by counting. */
export type CleanUpOffer = Readonly<{
  key: string;
  kind: CleanUpKind;
  /** Id of the run, job kind, environment, or trash entry that it is about. */
  subject: string;
  name: string;
  paths: readonly string[];
  steps?: readonly number[] | undefined;
}>;

/** Everything there is to count. */
export type UsageSources = Readonly<{
  places: readonly UsagePlace[];
  /** Asked one after the other while counting: each may read from the disk. */
  offers: readonly (() => readonly CleanUpOffer[])[];
  /** What of this folder no place accounts for is `other`. */
  home: string;
}>;

export type GroupSum = { group: UsageGroup; bytes: number; count: number };
