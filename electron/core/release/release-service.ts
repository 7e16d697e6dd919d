import { rmSync } from 'node:fs';

import type { Account } from '../../shared/contract/methods/accounts.ts';
import type {
  ReleaseDraft,
  ReleasesTopicData,
  ReleaseSummary,
  ReleaseView,
} from '../../shared/contract/methods/releases.ts';
import type { CardLanguage, CardPart } from '../../shared/domain/card/card-record.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { Hub } from '../../shared/domain/hub-endpoints.ts';
import type { DataFolder } from '../data-folder.ts';
import type {
  ReleaseCard,
  ReleasePartRecord,
  ReleaseRecord,
  ReleaseRepository,
} from '../db/repositories/release-repository.ts';
import { requireOne } from '../db/repositories/require-one.ts';
import type { PageRange, RecordPage } from '../db/repositories/record-shelf.ts';
import type { Clock, IdGen } from '../ports.ts';
import { publicDoubts } from './public-doubts.ts';
import {
  draftRelease,
  previewCards,
  requireDistinct,
  type PreviewedCard,
  type ReleaseSubject,
} from './release-draft.ts';
import type { ReleaseRunner } from './release-runner.ts';
import type { ReleaseSources } from './release-source.ts';
import { isReleaseLive, toReleaseSummary, toReleaseView } from './release-view.ts';

export type ReleaseServiceDeps = Readonly<{
  releases: ReleaseRepository;
  runner: ReleaseRunner;
  sources: ReleaseSources;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  accounts: () => Promise<readonly Account[]>;
}>;

export type ReleaseStart = ReleaseCard &
  Readonly<{
    account: string;
    language: CardLanguage;
    existing: ReleaseRecord['existing'];
    deleteOthers: boolean;
    maxBytesPerSecond: number | undefined;
    planOnly: boolean;
  }>;

/** What a person says anew of repositories that are there already; what is left out stays as it was. */
type ReleaseWord = Readonly<{
  existing?: ReleaseRecord['existing'] | undefined;
  deleteOthers?: boolean | undefined;
}>;

const MOST_OPEN = 200;
/** Sent in this order, so that what is small is there first. */
const ORDER: Readonly<Record<CardPart, number>> = { adapter: 0, merged: 1, gguf: 2 };

/** Releases as a person sees them: drafts, cards, one upload for each part, and the separate step into public. */
export class ReleaseService {
  readonly #deps: ReleaseServiceDeps;

  constructor(deps: ReleaseServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `core.not_found`, `core.ambiguous`, `release.*`, `model.not_ready`. */
  draft(wanted: ReleaseSubject): Promise<ReleaseDraft> {
    return draftRelease(wanted, this.#deps);
  }

  /** Throws `release.parts_repeat` and what a draft throws. */
  preview(
    card: ReleaseCard,
    wanted: Readonly<{ hub: Hub; language: CardLanguage }>,
  ): Promise<{ cards: PreviewedCard[] }> {
    return previewCards(card, wanted, this.#deps);
  }

  /** Throws `release.parts_repeat`, `release.repository_busy`, `release.account_unusable` and what a draft throws. */
  async start({
    account: accountId,
    language,
    existing,
    deleteOthers,
    maxBytesPerSecond,
    planOnly,
    ...card
  }: ReleaseStart): Promise<string> {
    const { clock, ids, releases, runner, sources } = this.#deps;
    requireDistinct(card);
    const resolved = card.parts.map((choice) => sources.resolve(choice));
    const account = await this.#requireAccount(accountId);
    for (const { repository } of card.parts) {
      const busy = releases
        .open()
        .find(
          (other) =>
            other.hub === account.hub &&
            other.origin === account.origin &&
            other.parts.some((part) => part.repository === repository) &&
            isReleaseLive(other, runner.now),
        );
      if (busy !== undefined)
        throw new StudioError('release.repository_busy', { repository, release: busy.id });
    }
    const id = ids.next();
    const parts = resolved.map((source, at): ReleasePartRecord => ({
      part: source.part,
      repository: card.parts[at]?.repository ?? '',
      deleteOthers,
      runId: source.runId,
      step: source.step,
      modelId: source.modelId,
    }));
    runner.save({
      id,
      name: card.texts.title === '' ? (resolved[0]?.name ?? id) : card.texts.title,
      hub: account.hub,
      origin: account.origin,
      account: account.id,
      language,
      existing,
      maxBytesPerSecond,
      planOnly,
      cancelled: false,
      createdAtMs: clock.nowMs(),
      card,
      parts: parts.toSorted((a, b) => ORDER[a.part] - ORDER[b.part]),
    });
    runner.go(id);
    return id;
  }

  list(range: PageRange): RecordPage<ReleaseSummary> {
    const { releases, runner } = this.#deps;
    const { total, items } = releases.list(range);
    return { total, items: items.map((release) => toReleaseSummary(release, runner.now)) };
  }

  /** What the topic `releases` holds. */
  open(): ReleasesTopicData {
    const { releases, runner } = this.#deps;
    return {
      items: releases
        .open()
        .slice(0, MOST_OPEN)
        .map((release) => toReleaseSummary(release, runner.now)),
    };
  }

  get(reference: string): ReleaseView {
    return this.#view(this.#find(reference));
  }

  viewOf(id: string): ReleaseView | undefined {
    const release = this.#deps.releases.byId(id);
    return release === undefined ? undefined : this.#view(release);
  }

  async pause(reference: string): Promise<string> {
    const { id } = this.#find(reference);
    await this.#deps.runner.stop(id);
    return id;
  }

  /** Throws `release.live`, `release.over`, `release.account_unusable`. */
  async resume(reference: string, { deleteOthers, existing }: ReleaseWord): Promise<string> {
    const { runner } = this.#deps;
    const before = this.#find(reference);
    this.#requireOpen(before);
    if (isReleaseLive(before, runner.now)) throw new StudioError('release.live', { release: before.name });
    await this.#requireAccount(before.account);
    const release = this.#find(before.id);
    runner.save({
      ...release,
      planOnly: false,
      existing: existing ?? release.existing,
      parts: release.parts.map(({ error: _error, ...part }) => ({
        ...part,
        deleteOthers: deleteOthers ?? part.deleteOthers,
      })),
    });
    runner.go(release.id);
    return release.id;
  }

  /** Throws `release.over`. */
  async cancel(reference: string): Promise<string> {
    const { clock, runner } = this.#deps;
    const { id } = this.#find(reference);
    this.#requireOpen(this.#find(id));
    await runner.stop(id);
    const release = this.#find(id);
    // It may have become whole in the meantime.
    this.#requireOpen(release);
    runner.save({ ...release, cancelled: true, endedAtMs: clock.nowMs() });
    return id;
  }

  /** Throws `release.live`. */
  remove(reference: string): void {
    const { folder, releases, runner } = this.#deps;
    const release = this.#find(reference);
    if (isReleaseLive(release, runner.now)) throw new StudioError('release.live', { release: release.name });
    releases.remove(release.id);
    rmSync(folder.releaseDir(release.id), { recursive: true, force: true });
  }

  /** Throws `release.not_done`, `release.not_confirmed`, `release.reason_needed`, `release.account_unusable`. */
  async publish(
    reference: string,
    { confirmed, reason }: Readonly<{ confirmed: readonly string[]; reason: string }>,
  ): Promise<ReleaseView> {
    const { runner } = this.#deps;
    const release = this.#find(reference);
    const { name } = release;
    const isWhole = release.parts.every((part) => part.result !== undefined);
    if (!isWhole) throw new StudioError('release.not_done', { release: name });
    if (isReleaseLive(release, runner.now)) throw new StudioError('release.live', { release: name });
    const wanted = release.parts.filter((part) => part.visibility !== 'public');
    const repositories = wanted.map((part) => part.repository);
    const isConfirmed =
      repositories.length > 0 && [...confirmed].sort().join('\n') === [...repositories].sort().join('\n');
    if (!isConfirmed) throw new StudioError('release.not_confirmed', { repositories });
    const reasons = await publicDoubts(release, this.#deps);
    if (reasons.length > 0 && reason === '') {
      throw new StudioError('release.reason_needed', { release: name, warnings: reasons });
    }
    await this.#requireAccount(release.account);
    runner.save({ ...this.#find(release.id), ...(reason === '' ? {} : { publicReason: reason }) });
    for (const part of wanted) await runner.publish(release, part);
    return this.get(release.id);
  }

  /** Names of the releases that read from a run or a model now. */
  usersOf(sourceId: string): readonly string[] {
    const { releases, runner } = this.#deps;
    return releases
      .open()
      .filter((release) => release.parts.some((part) => part.runId === sourceId || part.modelId === sourceId))
      .filter((release) => isReleaseLive(release, runner.now))
      .map((release) => release.name);
  }

  async #requireAccount(id: string): Promise<Account> {
    const account = (await this.#deps.accounts()).find((one) => one.id === id);
    if (account?.token !== 'ready') {
      throw new StudioError('release.account_unusable', {
        account: account?.label ?? id,
        state: account?.token ?? 'missing',
      });
    }
    return account;
  }

  #requireOpen(release: ReleaseRecord): void {
    if (release.endedAtMs !== undefined) throw new StudioError('release.over', { release: release.name });
  }

  #find(reference: string): ReleaseRecord {
    return requireOne('release', this.#deps.releases.find, reference);
  }

  #view(release: ReleaseRecord): ReleaseView {
    return toReleaseView(release, this.#deps.runner.now, this.#deps.folder.releaseDir(release.id));
  }
}
