import type { CoreRepositories } from './core-repositories.ts';
import type { DataFolder } from './data-folder.ts';
import type { JobLog } from './jobs/job-log.ts';
import type { JobSupervisor } from './jobs/job-supervisor.ts';
import type { CorePorts } from './ports.ts';
import { RemovalService } from './removal-service.ts';
import type { RunFeed } from './runs/run-feed.ts';
import type { RunService } from './runs/run-service.ts';
import { cleanUp, type Chosen, type CleanUpResult } from './storage/clean-up.ts';
import { Trash } from './storage/trash.ts';
import { UsageService } from './storage/usage-service.ts';
import { isOfferNeeded, storageSources } from './storage-sources.ts';
import type { TopicBoard } from './topics/topic-board.ts';
import { createTrashKeepers } from './trash-keepers.ts';

export type StorageServicesDeps = Readonly<{
  ports: CorePorts;
  folder: DataFolder;
  repositories: CoreRepositories;
  board: TopicBoard;
  log: JobLog;
  supervisor: JobSupervisor;
  runFeed: RunFeed;
  runs: RunService;
  /** Stores every event of a job that its file holds now. */
  drain: (jobId: string) => void;
  /** Names of the releases that read from a run or a model now. */
  releasing: (id: string) => readonly string[];
}>;

export type StorageServices = Readonly<{
  trash: Trash;
  usage: UsageService;
  removal: RemovalService;
  /** Deletes for good what a person was shown and agreed to. */
  cleanUp: (chosen: readonly Chosen[]) => Promise<CleanUpResult>;
}>;

/** Removal, trash, disk use and clean-up, which meet every domain. */
export function createStorageServices(deps: StorageServicesDeps): StorageServices {
  const { board, folder, log, ports, repositories, runs, supervisor } = deps;
  const { clock, environments, home, ids } = ports;
  const trash = new Trash({ dir: folder.trashDir, keepers: createTrashKeepers(deps), clock, ids, log });
  const sources = {
    home,
    folder,
    repositories,
    environments,
    trash,
    resumable: (run: Parameters<RunService['resumable']>[0]) => runs.resumable(run),
  };
  const usage = new UsageService({
    sources: () => storageSources(sources),
    freeDiskBytes: () => ports.host.freeDiskBytes(home),
    clock,
    publish: (view) => board.publish('storage', view),
  });
  board.provide('storage', (id) => (id === '' ? usage.view() : undefined));
  return {
    trash,
    usage,
    removal: new RemovalService({ folder, repositories, supervisor, trash, releasing: deps.releasing }),
    cleanUp: (chosen) =>
      cleanUp(chosen, {
        trashDir: folder.trashDir,
        newId: () => ids.next(),
        offers: () => usage.offers(),
        isNeeded: (offer) => isOfferNeeded(offer, sources),
        forgetCheckpoints: (runId, steps) => runs.forgetCheckpoints(runId, steps),
        removeEnvironment: (name) => environments.remove(name),
        emptyTrash: async (trashId) => {
          await trash.empty([trashId]);
        },
      }),
  };
}
