import type { ReleasePartView, ReleaseSummary, ReleaseView } from '../../shared/contract/methods/releases.ts';
import type { CardPart } from '../../shared/domain/card/card-record.ts';
import { isLive } from '../../shared/domain/run-state.ts';
import type { ReleasePartRecord, ReleaseRecord } from '../db/repositories/release-repository.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { UploadFigures } from './upload-progress.ts';

export type ReleaseNow = Readonly<{
  jobOf: (jobId: string | undefined) => JobRecord | undefined;
  figuresOf: (jobId: string | undefined) => UploadFigures;
  isPreparing: (release: ReleaseRecord, part: CardPart) => boolean;
  /** What a prepared part holds, before a hub was asked. */
  filesOf: (release: ReleaseRecord, part: CardPart) => readonly Readonly<{ path: string; bytes: number }>[];
}>;

type Live = Pick<ReleaseNow, 'jobOf' | 'figuresOf' | 'isPreparing'>;
type PartState = ReleasePartView['state'];

/** What a part is doing, from its record and its jobs. */
function partStateOf(release: ReleaseRecord, record: ReleasePartRecord, now: Live): PartState {
  if (record.result !== undefined) return 'done';
  if (release.cancelled) return 'cancelled';
  if (now.isPreparing(release, record.part)) return 'preparing';
  const job = now.jobOf(record.jobId);
  if (job !== undefined && isLive(job.state)) {
    if (job.state === 'stopping') return 'stopping';
    return now.figuresOf(job.id).waiting === undefined ? 'running' : 'waiting';
  }
  if (record.error !== undefined) return 'failed';
  if (job?.state === 'done' && release.planOnly) return 'planned';
  const others = release.parts.filter((other) => other.part !== record.part);
  return others.some((other) => isBusy(release, other, now)) ? 'queued' : 'paused';
}

function releaseStateOf(release: ReleaseRecord, now: Live): ReleaseView['state'] {
  const states = release.parts.map((part) => partStateOf(release, part, now));
  const first = (...wanted: readonly ReleaseView['state'][]): ReleaseView['state'] | undefined =>
    wanted.find((state) => states.includes(state));
  return (
    first('cancelled', 'stopping', 'waiting', 'running', 'preparing', 'failed', 'paused', 'planned') ?? 'done'
  );
}

export function isReleaseLive(release: ReleaseRecord, now: Live): boolean {
  return release.parts.some((part) => isBusy(release, part, now) || isPublishing(part, now));
}

function isPublishing({ visibilityJobId }: ReleasePartRecord, now: Live): boolean {
  const job = now.jobOf(visibilityJobId);
  return job !== undefined && isLive(job.state);
}

export function toReleaseSummary(release: ReleaseRecord, now: Live): ReleaseSummary {
  const { account, card, createdAtMs, endedAtMs, hub, id, name, origin, planOnly, publicReason } = release;
  return {
    id,
    name,
    hub,
    origin,
    account,
    state: releaseStateOf(release, now),
    planOnly,
    createdAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(card.licence === null ? {} : { licence: card.licence }),
    ...(publicReason === undefined ? {} : { publicReason }),
    repositories: release.parts.map((part) => part.repository),
  };
}

export function toReleaseView(release: ReleaseRecord, now: ReleaseNow, folder: string): ReleaseView {
  const { repositories: _repositories, ...summary } = toReleaseSummary(release, now);
  return {
    ...summary,
    parts: release.parts.map((part) => toPartView(release, part, now)),
    folder,
    warnings: release.parts.flatMap(({ part, warnings }) =>
      (warnings ?? []).map((warning) => ({ ...warning, part })),
    ),
  };
}

function toPartView(release: ReleaseRecord, record: ReleasePartRecord, now: ReleaseNow): ReleasePartView {
  const { error, jobId, modelId, part, plan, repository, result, runId, step, visibility } = record;
  const state = partStateOf(release, record, now);
  const isRunning = state === 'running' || state === 'waiting' || state === 'stopping';
  const figures = now.figuresOf(jobId);
  const files = result === undefined ? filesOf(release, record, now) : sentFiles(record);
  const sum = (take: (file: (typeof files)[number]) => number): number =>
    files.reduce((all, file) => all + take(file), 0);
  return {
    part,
    repository,
    ...(runId === undefined ? {} : { runId }),
    ...(step === undefined ? {} : { step }),
    ...(modelId === undefined ? {} : { modelId }),
    state,
    ...(isRunning && figures.phase !== undefined ? { phase: figures.phase } : {}),
    ...(jobId === undefined ? {} : { jobId }),
    files: [...files],
    ...(plan === undefined ? {} : { plan }),
    doneBytes: sum((file) => file.doneBytes),
    totalBytes: sum((file) => file.bytes),
    ...(isRunning && figures.bytesPerSecond !== undefined ? { bytesPerSecond: figures.bytesPerSecond } : {}),
    ...(state === 'waiting' && figures.waiting !== undefined ? { waiting: figures.waiting } : {}),
    ...(error === undefined ? {} : { error: { ...error, params: { ...error.params } } }),
    ...(visibility === undefined ? {} : { visibility }),
    publishing: isPublishing(record, now),
    ...(result === undefined ? {} : resultOf(result)),
  };
}

function resultOf(result: NonNullable<ReleasePartRecord['result']>): Partial<ReleasePartView> {
  const { commit, resentBytes, reusedBytes, sentBytes, underReview, url } = result;
  return { url, sentBytes, reusedBytes, resentBytes, underReview, ...(commit === null ? {} : { commit }) };
}

/** What the job has told, over what is known to be there. */
function filesOf(
  release: ReleaseRecord,
  { jobId, part, plan }: ReleasePartRecord,
  now: ReleaseNow,
): readonly ReleasePartView['files'][number][] {
  const told = new Map(now.figuresOf(jobId).files.map((file) => [file.path, file]));
  const known = plan?.files ?? now.filesOf(release, part);
  return known.map(({ path, bytes }) => told.get(path) ?? { path, bytes, doneBytes: 0, state: 'waiting' });
}

function sentFiles({ plan }: ReleasePartRecord): readonly ReleasePartView['files'][number][] {
  return (plan?.files ?? []).map(({ path, bytes, change }) => ({
    path,
    bytes,
    doneBytes: bytes,
    state: change === 'same' ? 'reused' : 'sent',
  }));
}

/** Whether somebody works on the part now. */
function isBusy(release: ReleaseRecord, { jobId, part }: ReleasePartRecord, now: Live): boolean {
  if (now.isPreparing(release, part)) return true;
  const job = now.jobOf(jobId);
  return job !== undefined && isLive(job.state);
}
