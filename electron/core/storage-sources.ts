import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { isLive, isResumable } from '../shared/domain/run-state.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { DataFolder } from './data-folder.ts';
import type { RunRecord } from './db/repositories/run-repository.ts';
import type { EnvironmentPlaces } from './ports.ts';
import { releasePartDir } from './release/release-folder.ts';
import { isFull } from './runs/run-adapter.ts';
import { adapterDir, checkpointsDir, readRunFile, tunedModelDir } from './runs/run-folder.ts';
import { isWithin, jobsHolding } from './storage/path-holders.ts';
import type { Trash } from './storage/trash.ts';
import type { CleanUpOffer, UsagePlace, UsageSources } from './storage/usage-place.ts';

export type StorageSourcesDeps = Readonly<{
  home: string;
  folder: DataFolder;
  repositories: CoreRepositories;
  environments: EnvironmentPlaces;
  trash: Pick<Trash, 'list'>;
  /** Whole checkpoints of a run's present course, oldest first. */
  resumable: (run: RunRecord) => readonly Readonly<{ path: string }>[];
}>;

const EVERY = { search: '', offset: 0, limit: 1_000_000 } as const;
/** Enough to say who; the others are counted only. */
const NAMED_RUNS = 5;

/** Everything of this data folder that takes room, and what of it could go. */
export function storageSources(deps: StorageSourcesDeps): UsageSources {
  const { folder, home, repositories, trash } = deps;
  const runs = repositories.runs.list({ ...EVERY, states: [], sort: 'createdAtMs', descending: true }).items;
  const trashed = trash.list();
  const environments = environmentPlaces(deps, runs);
  const jobs = jobPlaces(deps);
  const orphans = orphanPlaces(deps, runs);
  const places: readonly UsagePlace[] = [
    ...runs.map((run) => runPlace(run)),
    ...repositories.datasets.list(EVERY).items.map(({ id, name }): UsagePlace => ({
      ...ours('datasets', folder.datasetDir(id), name),
      id,
    })),
    ...repositories.models.list(EVERY).items.map(({ id, name, origin, path: modelPath }): UsagePlace => {
      const own = { ...ours('models', folder.modelDir(id), name), id };
      // The record that an added folder has with us is a few kilobytes among everything else.
      return origin !== 'added' ? own : { ...own, path: modelPath, isOurs: false };
    }),
    ...releasePlaces(deps),
    ...environments,
    ...jobs,
    ours('cache', folder.tokenCacheDir, path.basename(folder.tokenCacheDir)),
    ...trashed.map((entry): UsagePlace => ({ ...ours('trash', entry.path, entry.name), kind: entry.kind })),
    ...orphans,
  ];
  return {
    home,
    places,
    offers: [
      ...runs.filter(hasEnded).map((run) => () => checkpointOffer(run, deps)),
      () => jobOffers(jobs, repositories),
      () => releaseOffers(deps),
      () => environments.flatMap((place) => environmentOffer(place)),
      () =>
        orphans.map((place): CleanUpOffer => ({
          key: place.key,
          kind: 'orphan',
          subject: place.path,
          name: place.name,
          paths: [place.path],
        })),
      () =>
        trashed.map((entry): CleanUpOffer => ({
          key: `trash:${entry.trashId}`,
          kind: 'trash',
          subject: entry.trashId,
          name: entry.name,
          paths: [entry.path],
        })),
      () => tokenOffer(folder.tokenCacheDir),
    ],
  };
}

/** Whether something has begun to need what an offer would delete. */
export function isOfferNeeded(
  offer: CleanUpOffer,
  {
    environments,
    folder,
    repositories,
  }: Pick<StorageSourcesDeps, 'environments' | 'folder' | 'repositories'>,
): boolean {
  const live = repositories.jobs.live();
  if (offer.paths.some((one) => jobsHolding(one, live).length > 0)) return true;
  switch (offer.kind) {
    case 'checkpoints': {
      const run = repositories.runs.byId(offer.subject);
      if (run === undefined || !hasEnded(run)) return run !== undefined;
      // A run that waits may name a checkpoint's folder to start from.
      const named = repositories.runs.waiting().map(({ recipe }) => {
        const { continueFrom } = recipe.lora as Partial<typeof recipe.lora>;
        return path.resolve(continueFrom ?? path.sep);
      });
      return offer.paths.some((one) => named.some((from) => isWithin(one, from)));
    }
    case 'environment': {
      // A run of another environment than the present one may still be computing on it.
      const runs = [...repositories.runs.live(), ...repositories.runs.waiting()];
      return (
        environments.current() === offer.subject || runs.some((run) => environmentOf(run) === offer.subject)
      );
    }
    case 'jobs':
      return offer.paths.some((one) => live.some((job) => job.dir === one));
    case 'releases': {
      const open = repositories.releases.open();
      return open.some(({ id }) => offer.paths.some((one) => isWithin(folder.releaseDir(id), one)));
    }
    case 'orphan':
    case 'trash':
    case 'tokens':
      return false;
  }
}

const hasEnded = (run: RunRecord): boolean => run.state !== 'queued' && !isLive(run.state);

function ours(group: UsagePlace['group'], place: string, name: string): UsagePlace {
  return { key: `${group}:${path.basename(place)}`, group, name, path: place, isOurs: true };
}

function runPlace(run: RunRecord): UsagePlace {
  return {
    ...ours('runs', run.dir, run.name),
    id: run.id,
    parts: {
      checkpoints: checkpointsDir(run.dir),
      adapter: isFull(run) ? tunedModelDir(run.dir) : adapterDir(run.dir),
    },
  };
}

function jobPlaces({ folder, repositories }: StorageSourcesDeps): readonly UsagePlace[] {
  return namesIn(folder.jobsDir).flatMap((name): UsagePlace[] => {
    const job = repositories.jobs.find(name);
    if (job === undefined) return [];
    return [{ ...ours('jobs', folder.jobDir(name), name), id: name, kind: job.kind }];
  });
}

function releasePlaces({ folder, repositories }: StorageSourcesDeps): readonly UsagePlace[] {
  return repositories.releases
    .list(EVERY)
    .items.map(({ id, name }): UsagePlace => ({ ...ours('releases', folder.releaseDir(id), name), id }));
}

/** Folders where records would have theirs, and have none: half of a copy, or what a lost database knew. */
function orphanPlaces(
  { folder, repositories }: StorageSourcesDeps,
  records: readonly RunRecord[],
): readonly UsagePlace[] {
  const { datasets, jobs, models, releases, runs } = repositories;
  // A person may keep models of their own beside ours; whatever a record names by its path stays.
  const named = new Set([
    ...models.list(EVERY).items.map((model) => model.path),
    ...records.flatMap((run) => [run.modelPath, run.datasetPath]),
  ]);
  const isNamed = (dir: string): boolean => [...named].some((one) => isWithin(dir, one));
  const homes: readonly (readonly [string, (id: string) => unknown])[] = [
    [folder.runsDir, (id) => runs.byId(id)],
    [folder.datasetsDir, (id) => datasets.byId(id)],
    [folder.modelsDir, (id) => models.byId(id)],
    [folder.jobsDir, (id) => jobs.find(id)],
    [folder.releasesDir, (id) => releases.byId(id)],
  ];
  return homes.flatMap(([dir, find]) =>
    namesIn(dir)
      .filter((name) => find(name) === undefined && !isNamed(path.join(dir, name)))
      .map((name): UsagePlace => {
        const kind = path.basename(dir);
        return {
          ...ours('orphans', path.join(dir, name), `${kind}/${name}`),
          key: `orphan:${kind}/${name}`,
          kind,
        };
      }),
  );
}

function environmentPlaces(
  { environments, home }: StorageSourcesDeps,
  runs: readonly RunRecord[],
): readonly UsagePlace[] {
  const current = environments.current();
  const pins = new Map<string, string[]>();
  for (const run of runs.filter(({ state }) => isResumable(state) || isLive(state) || state === 'queued')) {
    const name = environmentOf(run);
    if (name === undefined || name === current) continue;
    pins.set(name, [...(pins.get(name) ?? []), run.name]);
  }
  return environments.list().map(({ name, path: place, users }): UsagePlace => {
    const others = users.map((user) => user.home).filter((one) => one !== home && existsSync(one));
    // An environment that nobody is known to have used may be anybody's.
    const isKnown = users.length > 0;
    return {
      ...ours('environments', place, name),
      isCurrent: name === current,
      users: [...others, ...(pins.get(name) ?? []).slice(0, NAMED_RUNS), ...(isKnown ? [] : ['?'])],
    };
  });
}

function environmentOf(run: RunRecord): string | undefined {
  try {
    return readRunFile(run.dir).environment;
  } catch {
    return undefined;
  }
}

function environmentOffer(place: UsagePlace): readonly CleanUpOffer[] {
  if (place.isCurrent === true || (place.users?.length ?? 0) > 0) return [];
  const { key, name, path: dir } = place;
  return [{ key, kind: 'environment', subject: name, name, paths: [dir] }];
}

/**
 * Every checkpoint of an ended run but the last whole one, from which it would go on, and the best. Where none is
 * whole, all stay: somebody may want to look at them.
 */
function checkpointOffer(
  run: RunRecord,
  { repositories: { checkpoints, jobs }, resumable }: StorageSourcesDeps,
): readonly CleanUpOffer[] {
  const dir = checkpointsDir(run.dir);
  const last = resumable(run).at(-1)?.path;
  if (last === undefined) return [];
  const rows = checkpoints.ofRun(run.id);
  const best = rows.find((row) => row.best)?.path ?? rows.find((row) => row.step === run.bestEvalStep)?.path;
  const live = jobs.live();
  const paths = namesIn(dir)
    .map((name) => path.join(dir, name))
    .filter((one) => one !== last && one !== best && jobsHolding(one, live).length === 0);
  if (paths.length === 0) return [];
  const steps = paths.flatMap((one) => {
    const step = /^step-(\d{8,})$/u.exec(path.basename(one))?.[1];
    return step === undefined ? [] : [Number(step)];
  });
  return [
    { key: `checkpoints:${run.id}`, kind: 'checkpoints', subject: run.id, name: run.name, paths, steps },
  ];
}

/** Folders of service jobs that are over, one offer for each kind; their rows stay. */
function jobOffers(places: readonly UsagePlace[], { jobs }: CoreRepositories): readonly CleanUpOffer[] {
  const byKind = new Map<string, string[]>();
  for (const { id = '', path: dir } of places) {
    const job = jobs.find(id);
    if (job === undefined || isLive(job.state)) continue;
    byKind.set(job.kind, [...(byKind.get(job.kind) ?? []), dir]);
  }
  return [...byKind].map(([kind, paths]) => ({
    key: `jobs:${kind}`,
    kind: 'jobs',
    subject: kind,
    name: kind,
    paths,
  }));
}

/** Cards, lists and upload states of releases that are over. Their records stay, and what the hub has. */
function releaseOffers({ folder, repositories: { releases } }: StorageSourcesDeps): readonly CleanUpOffer[] {
  const paths = releases
    .list(EVERY)
    .items.filter(({ endedAtMs }) => endedAtMs !== undefined)
    .flatMap(({ id, parts }) => parts.map(({ part }) => releasePartDir(folder.releaseDir(id), part)))
    .filter((dir) => existsSync(dir));
  if (paths.length === 0) return [];
  const name = path.basename(folder.releasesDir);
  return [{ key: 'releases', kind: 'releases', subject: name, name, paths }];
}

function tokenOffer(dir: string): readonly CleanUpOffer[] {
  if (namesIn(dir).length === 0) return [];
  return [{ key: 'tokens', kind: 'tokens', subject: dir, name: path.basename(dir), paths: [dir] }];
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}
