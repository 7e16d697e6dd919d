import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import type { ErrorBody } from '../shared/contract/studio-error.ts';
import { toErrorBody } from '../shared/contract/studio-error.ts';
import { createServices, type CoreServices } from './core-services.ts';
import { dataFolder, type DataFolder } from './data-folder.ts';
import { recordOfFolder } from './datasets/dataset-folder.ts';
import { backupFolder } from './db/backup.ts';
import { lockDataFolder } from './db/core-lock.ts';
import { MIGRATIONS } from './db/migrations/index.ts';
import { openDatabase } from './db/open.ts';
import { DatasetFile } from './db/repositories/dataset-file.ts';
import { createLog } from './log/create-log.ts';
import { createRedactor } from './log/redactor.ts';
import { readModelRecord } from './models/model-folder.ts';
import type { CorePorts } from './ports.ts';
import { readReleaseRecord } from './release/release-folder.ts';
import { ingestRun } from './runs/ingest-run.ts';
import { readRunFolder } from './runs/run-folder-import.ts';

export type RebuildReport = Readonly<{
  runs: number;
  datasets: number;
  models: number;
  releases: number;
  /** Folders that gave no record, with the reason; nothing in them was changed. */
  skipped: readonly Readonly<{ path: string; error: ErrorBody }>[];
  /** Where the database that stood there before lies now. */
  backup: string | undefined;
}>;

/** The files of one SQLite database: itself, its write-ahead log and that log's index. */
const DATABASE_SUFFIXES = ['', '-wal', '-shm'];

/**
 * Makes the database anew from the folders of runs, datasets, models and releases, and keeps the old one under
 * `backups/`. Settings, accounts and the jobs of imports, merges and uploads are not in those folders and start
 * empty; a release that was under way is kept, and what the hub has of it a new one does not send again. Throws
 * `core.data_folder_in_use`; whatever fails otherwise leaves the old database in place.
 */
export async function rebuildDatabase(ports: CorePorts): Promise<RebuildReport> {
  const folder = dataFolder(ports.home);
  const lock = await lockDataFolder(ports.home, ports.platform, ports.command);
  const redactor = createRedactor();
  const log = createLog(folder.logFile, redactor);
  const building = `${folder.databaseFile}.rebuilding`;
  try {
    removeDatabase(building);
    const nowMs = (): number => ports.clock.nowMs();
    const db = await openDatabase(building, { migrations: MIGRATIONS, nowMs });
    const services = createServices(db, ports, log.logger, { readOnly: true, redactor });
    const skipped: { path: string; error: ErrorBody }[] = [];
    const fill = (dir: string, take: (entry: string) => void): number => fillFrom(dir, take, skipped);
    const counts = {
      // Before the runs: one that trained a whole model puts it into the library unless it is there.
      models: fill(folder.modelsDir, (dir) => {
        const model = readModelRecord(dir);
        // A model under way was being made by a job that died with its core.
        const state = model.state === 'building' ? 'failed' : model.state;
        services.repositories.models.insert({ ...model, state });
      }),
      runs: fill(folder.runsDir, (dir) => takeRun(dir, services)),
      datasets: fill(folder.datasetsDir, (dir) => takeDataset(dir, services)),
      releases: fill(folder.releasesDir, (dir) => takeRelease(dir, services)),
    };
    await services.dispose();
    db.close();
    return { ...counts, skipped, backup: replaceDatabase(folder, building, nowMs()) };
  } finally {
    removeDatabase(building);
    log.close();
    lock.dispose();
  }
}

function fillFrom(
  dir: string,
  take: (entry: string) => void,
  skipped: { path: string; error: ErrorBody }[],
): number {
  let taken = 0;
  const names = existsSync(dir) ? readdirSync(dir).sort() : [];
  for (const name of names) {
    const entry = path.join(dir, name);
    try {
      take(entry);
      taken += 1;
    } catch (error) {
      skipped.push({ path: entry, error: toErrorBody(error) });
    }
  }
  return taken;
}

function takeRun(dir: string, { drain, folder, repositories }: CoreServices): void {
  const found = readRunFolder(dir, { mayBeUnstarted: true });
  // The half of a copy that an adoption left behind has the id of the whole one.
  if (folder.runDir(found.run.id) !== dir) throw new Error(`run ${found.run.id} lies in another folder`);
  const { jobs } = repositories;
  jobs.transaction(() => ingestRun(found, { repositories, drain, insertJob: (job) => jobs.insert(job) }));
}

function takeDataset(dir: string, { repositories }: CoreServices): void {
  repositories.datasets.insert(
    recordOfFolder(dir, (file) => DatasetFile.use(file, (opened) => opened.facts())),
  );
}

function takeRelease(dir: string, { folder, repositories }: CoreServices): void {
  const release = readReleaseRecord(dir);
  if (folder.releaseDir(release.id) !== dir) throw new Error(`release ${release.id} lies in another folder`);
  repositories.releases.insert(release);
}

/** Puts the new database in place of the old one; returns where the old one went. */
function replaceDatabase(folder: DataFolder, building: string, nowMs: number): string | undefined {
  const { databaseFile } = folder;
  let backup: string | undefined;
  if (existsSync(databaseFile)) {
    const backups = backupFolder(databaseFile);
    mkdirSync(backups, { recursive: true });
    backup = path.join(backups, `studio-before-rebuild-${nowMs}.db`);
    for (const suffix of DATABASE_SUFFIXES) moveIfThere(`${databaseFile}${suffix}`, `${backup}${suffix}`);
  }
  for (const suffix of DATABASE_SUFFIXES) moveIfThere(`${building}${suffix}`, `${databaseFile}${suffix}`);
  return backup;
}

function moveIfThere(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}

function removeDatabase(file: string): void {
  for (const suffix of DATABASE_SUFFIXES) rmSync(`${file}${suffix}`, { force: true });
}
