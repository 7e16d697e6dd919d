import { datasetSchema } from '../shared/contract/methods/datasets.ts';
import type { TrashKind } from '../shared/contract/methods/storage.ts';
import type { CoreRepositories } from './core-repositories.ts';
import type { DataFolder } from './data-folder.ts';
import { datasetFilePath, recordOfFolder } from './datasets/dataset-folder.ts';
import { DatasetFile } from './db/repositories/dataset-file.ts';
import { madeModelPath, parseModelRecord, readModelRecord } from './models/model-folder.ts';
import { recallRun } from './runs/kept-run.ts';
import type { RunFeed } from './runs/run-feed.ts';
import type { TrashKeeper } from './storage/trash.ts';

export type TrashKeeperDeps = Readonly<{
  folder: DataFolder;
  repositories: CoreRepositories;
  runFeed: Pick<RunFeed, 'removed'>;
  /** Stores every event of a job that its file holds now. */
  drain: (jobId: string) => void;
}>;

/** What removing and giving back mean for each kind of record. */
export function createTrashKeepers(deps: TrashKeeperDeps): Readonly<Record<TrashKind, TrashKeeper>> {
  return { run: runKeeper(deps), dataset: datasetKeeper(deps), model: modelKeeper(deps) };
}

function runKeeper({ drain, folder, repositories, runFeed }: TrashKeeperDeps): TrashKeeper {
  const { attempts, jobs, runs } = repositories;
  return {
    folderOf: (id) => folder.runDir(id),
    stands: (id) => runs.byId(id) !== undefined,
    forget: (id) => {
      jobs.transaction(() => {
        const jobIds = attempts.ofRun(id).map((attempt) => attempt.jobId);
        runs.remove(id);
        for (const jobId of jobIds) jobs.remove(jobId);
      });
      runFeed.removed(id);
    },
    recall: (id, kept) => {
      recallRun(folder.runDir(id), kept, {
        repositories,
        drain,
        insertJob: (job) => jobs.insert(job),
        findJob: (jobId) => jobs.find(jobId),
        updateJob: (job) => jobs.update(job),
        transaction: (work) => jobs.transaction(work),
      });
    },
  };
}

function datasetKeeper({ folder, repositories }: TrashKeeperDeps): TrashKeeper {
  const { datasets } = repositories;
  return {
    folderOf: (id) => folder.datasetDir(id),
    stands: (id) => datasets.byId(id) !== undefined,
    forget: (id) => datasets.remove(id),
    recall: (id, kept) => {
      const dir = folder.datasetDir(id);
      const known = datasetSchema.safeParse(kept);
      datasets.insert(
        known.success
          ? { ...known.data, id, path: datasetFilePath(dir) }
          : recordOfFolder(dir, (file) => DatasetFile.use(file, (opened) => opened.facts())),
      );
    },
  };
}

function modelKeeper({ folder, repositories }: TrashKeeperDeps): TrashKeeper {
  const { models } = repositories;
  return {
    folderOf: (id) => folder.modelDir(id),
    stands: (id) => models.byId(id) !== undefined,
    forget: (id) => models.remove(id),
    recall: (id, kept) => {
      const dir = folder.modelDir(id);
      const model = parseModelRecord(kept) ?? readModelRecord(dir);
      models.insert({ ...model, id, path: madeModelPath(dir, model) ?? model.path });
    },
  };
}
