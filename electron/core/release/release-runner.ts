import path from 'node:path';

import type { CardPart } from '../../shared/domain/card/card-record.ts';
import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import type { JobParams } from '../../shared/protocol/job-spec.ts';
import type { DataFolder } from '../data-folder.ts';
import type {
  ReleasePartRecord,
  ReleaseRecord,
  ReleaseRepository,
} from '../db/repositories/release-repository.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { JobProjector } from '../jobs/job-record.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import { partAfterJob } from './part-after-job.ts';
import { listedFiles, preparePart, uploadFiles } from './prepare-part.ts';
import { releasePartDir, writeReleaseRecord } from './release-folder.ts';
import type { ReleaseSources } from './release-source.ts';
import { isReleaseLive, type ReleaseNow } from './release-view.ts';
import { UploadProgress } from './upload-progress.ts';
import { choiceOf, commitMessageOf, secretsOf, uploadParamsOf, visibilityParamsOf } from './upload-spec.ts';

export type ReleaseRunnerDeps = Readonly<{
  releases: ReleaseRepository;
  supervisor: () => Pick<JobSupervisor, 'start' | 'stop' | 'find'>;
  sources: ReleaseSources;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  log: JobLog;
  /** Something of what a release's topic answers has changed. */
  changed: (releaseId: string) => void;
}>;

/** A request that is being sent is cut between two pieces. */
const PAUSE_DEADLINE_MS = 15_000;

/** Works through the parts of releases: prepares, starts the job, follows it into the record, goes on with the next. */
export class ReleaseRunner {
  readonly #deps: ReleaseRunnerDeps;
  readonly #progress: UploadProgress;
  /** Parts whose files are being made, by release and part. */
  readonly #preparing = new Map<string, Readonly<{ abort: AbortController; work: Promise<void> }>>();
  /** Releases that a person has paused: a part that was done meanwhile starts no other. */
  readonly #paused = new Set<string>();
  #isDisposed = false;

  constructor(deps: ReleaseRunnerDeps) {
    this.#deps = deps;
    this.#progress = new UploadProgress(() => deps.clock.nowMs());
  }

  /** What the views of releases are made from. */
  get now(): ReleaseNow {
    return {
      jobOf: (jobId) => (jobId === undefined ? undefined : this.#deps.supervisor().find(jobId)),
      figuresOf: (jobId) => this.#progress.of(jobId),
      isPreparing: ({ id }, part) => this.#preparing.has(keyOf(id, part)),
      filesOf: ({ id }, part) => listedFiles(this.#partDir(id, part)),
    };
  }

  save(release: ReleaseRecord): void {
    writeReleaseRecord(this.#deps.folder.releaseDir(release.id), release);
    this.#deps.releases.save(release);
    this.#deps.changed(release.id);
  }

  /** Starts the next part that is not done, unless one is under way. */
  go(releaseId: string): void {
    this.#paused.delete(releaseId);
    this.#advance(releaseId);
  }

  /** Resolves when nothing of the release is under way. */
  async stop(releaseId: string): Promise<void> {
    this.#paused.add(releaseId);
    const release = this.#deps.releases.byId(releaseId);
    for (const { jobId, part } of release?.parts ?? []) {
      const preparing = this.#preparing.get(keyOf(releaseId, part));
      preparing?.abort.abort();
      await preparing?.work;
      const job = this.now.jobOf(this.#partOf(releaseId, part)?.jobId ?? jobId);
      if (job === undefined || !isLive(job.state)) continue;
      const stopping = this.#deps.supervisor().stop(job.id, { deadlineMs: PAUSE_DEADLINE_MS });
      this.#deps.changed(releaseId);
      await stopping;
    }
  }

  /** Makes a repository public, by a job of its own. Throws what keeps a job from starting. */
  async publish(release: ReleaseRecord, part: ReleasePartRecord): Promise<void> {
    const { clock, folder, ids, supervisor } = this.#deps;
    const jobId = ids.next();
    this.#savePart(release.id, part.part, (record) => ({
      ...record,
      visibilityJobId: jobId,
      error: undefined,
    }));
    const params = visibilityParamsOf(release, part.repository);
    const spec = newJobSpec('visibility', params, { id: jobId, nowMs: clock.nowMs() });
    await supervisor().start(spec, {
      dir: folder.jobDir(jobId),
      detached: false,
      secrets: secretsOf(release),
    });
  }

  /** Follows jobs into the records of their releases. */
  projector(): JobProjector {
    const { releases } = this.#deps;
    return {
      project: (job, events) => {
        if (job.kind !== 'upload') return;
        const release = releases.byJob(job.id);
        if (release === undefined) return;
        this.#progress.take(job.id, events);
        for (const event of events) {
          if (event.type !== 'upload-plan') continue;
          const { repository: _repository, ...plan } = event.data;
          this.#saveJobPart(job.id, (record) => ({ ...record, plan }));
        }
        this.#deps.changed(release.id);
      },
      stateChanged: (job) => {
        if (job.kind !== 'upload' && job.kind !== 'visibility') return;
        const release = releases.byJob(job.id);
        if (release === undefined) return;
        if (!isLive(job.state)) this.#saveJobPart(job.id, (record) => partAfterJob(record, job));
        this.#deps.changed(release.id);
        // After the transaction that this is part of.
        if (job.kind === 'upload' && job.state === 'done') queueMicrotask(() => this.#advance(release.id));
      },
    };
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    const working = [...this.#preparing.values()];
    for (const { abort } of working) abort.abort();
    await Promise.all(working.map(({ work }) => work));
  }

  #advance(releaseId: string): void {
    const release = this.#deps.releases.byId(releaseId);
    if (release === undefined || this.#isDisposed || this.#paused.has(releaseId)) return;
    if (release.cancelled || isReleaseLive(release, this.now)) return;
    if (release.parts.every((part) => part.result !== undefined)) {
      if (release.endedAtMs === undefined) this.save({ ...release, endedAtMs: this.#deps.clock.nowMs() });
      return;
    }
    const next = release.parts.find(
      (part) => part.result === undefined && !(release.planOnly && this.#isPlanned(part)),
    );
    if (next === undefined) return;
    const abort = new AbortController();
    const key = keyOf(releaseId, next.part);
    // The entry stands before the work begins, so that whoever asks now sees that it does.
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#preparing.set(key, { abort, work: promise });
    this.#deps.changed(releaseId);
    void this.#launch(release, next.part, abort.signal)
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        if (!(error instanceof StudioError)) this.#deps.log.error({ error, releaseId }, 'a release failed');
        this.#savePart(releaseId, next.part, (record) => ({ ...record, error: toErrorBody(error) }));
      })
      .finally(() => {
        this.#preparing.delete(key);
        this.#deps.changed(releaseId);
        resolve(undefined);
      });
  }

  async #launch(release: ReleaseRecord, part: CardPart, signal: AbortSignal): Promise<void> {
    const { clock, folder, ids, sources, supervisor } = this.#deps;
    const files = await this.#prepared(release, part, signal);
    signal.throwIfAborted();
    const record = this.#partOf(release.id, part);
    if (record === undefined) return;
    const jobId = ids.next();
    // The job is named in the record first: its events find their release by it.
    this.#savePart(release.id, part, (before) => ({ ...before, jobId, error: undefined }));
    const params = uploadParamsOf(release, record, {
      files,
      commitMessage: commitMessageOf(part, sources.resolve(choiceOf(release, part)).step),
      statePath: path.join(this.#partDir(release.id, part), 'state.json'),
    });
    const spec = newJobSpec('upload', params, { id: jobId, nowMs: clock.nowMs() });
    const starting = supervisor().start(spec, {
      dir: folder.jobDir(jobId),
      detached: false,
      secrets: secretsOf(release),
    });
    // Its row stands since the call above; from here on the job says what is done.
    this.#preparing.delete(keyOf(release.id, part));
    await starting;
  }

  async #prepared(
    release: ReleaseRecord,
    part: CardPart,
    signal: AbortSignal,
  ): Promise<JobParams<'upload'>['files']> {
    const { sources } = this.#deps;
    const dir = this.#partDir(release.id, part);
    const source = sources.resolve(choiceOf(release, part));
    const before = uploadFiles(dir, source);
    if (before !== undefined) return before;
    const cards = await sources.cards({
      card: release.card,
      sources: release.parts.map((record) => sources.resolve(choiceOf(release, record.part))),
      hub: release.hub,
      language: release.language,
      audience: 'private',
      madeAtMs: release.createdAtMs,
    });
    const card = cards.find((one) => one.part === part);
    if (card === undefined) throw new StudioError('release.no_files', { folder: source.folder });
    await preparePart(dir, {
      source,
      generated: [{ path: 'README.md', content: card.readme }, ...card.files],
      evidence: card.evidence,
      base: sources.baseOf(source, release.hub),
      known: sources.knownDigests(source),
      signal,
    });
    this.#savePart(release.id, part, (record) => ({ ...record, warnings: card.warnings }));
    const files = uploadFiles(dir, source);
    if (files === undefined) throw new StudioError('release.files_changed', { folder: source.folder });
    return files;
  }

  #isPlanned({ jobId, plan }: ReleasePartRecord): boolean {
    return plan !== undefined && this.now.jobOf(jobId)?.state === 'done';
  }

  #partDir(releaseId: string, part: CardPart): string {
    return releasePartDir(this.#deps.folder.releaseDir(releaseId), part);
  }

  #partOf(releaseId: string, part: CardPart): ReleasePartRecord | undefined {
    return this.#deps.releases.byId(releaseId)?.parts.find((record) => record.part === part);
  }

  #savePart(
    releaseId: string,
    part: CardPart,
    change: (record: ReleasePartRecord) => ReleasePartRecord,
  ): void {
    const release = this.#deps.releases.byId(releaseId);
    if (release === undefined) return;
    const parts = release.parts.map((record) => (record.part === part ? change(record) : record));
    this.save({ ...release, parts });
  }

  #saveJobPart(jobId: string, change: (record: ReleasePartRecord) => ReleasePartRecord): void {
    const release = this.#deps.releases.byJob(jobId);
    const part = release?.parts.find((one) => one.jobId === jobId || one.visibilityJobId === jobId);
    if (release !== undefined && part !== undefined) this.#savePart(release.id, part.part, change);
  }
}

const keyOf = (releaseId: string, part: CardPart): string => `${releaseId}/${part}`;
