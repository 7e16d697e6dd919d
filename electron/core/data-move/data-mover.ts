import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import type { DataFolderMove, DataFolderView } from '../../shared/contract/methods/data-folder.ts';
import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import type { Disposable } from '../../shared/contract/disposable.ts';
import { rebaseDatabase } from '../db/rebase-database.ts';
import { readHomePointer, writeHomePointer, writeMoveMarker } from '../home-pointer.ts';
import type { Clock, HomeSource, HostResources } from '../ports.ts';
import { checkTree, copyTree, rebaseRecords, scanHome, syncFolders } from './copy-tree.ts';
import type { CopyWatch } from './copy-file.ts';
import { deleteMovedAway, writeMovedAway } from './moved-away.ts';
import { IGNORED_NAMES, takeTarget, type MoveTarget } from './move-target.ts';
import { rebaseJson, rebasePath } from './rebase-path.ts';

const FRAME_INTERVAL_MS = 250;
/** Room for what file systems need besides the files' own bytes. */
const SPARE_FRACTION = 0.02;
const SPARE_BYTES = 64_000_000;

export type DataMoverDeps = Readonly<{
  home: string;
  source: HomeSource;
  databaseFile: string;
  /** Copies the open database into a file, with everything committed so far. */
  backupDatabase: (target: string) => Promise<unknown>;
  /** How many jobs are live now. */
  liveJobs: () => number;
  clock: Clock;
  host: Pick<HostResources, 'freeDiskBytes'>;
  publish: (view: DataFolderView) => void;
}>;

/**
 * Moves the data folder: copies it into a new or empty folder, reads the copy again, and only then lets the next
 * start open it. Whatever happens before, a kill at any moment included, leaves the old folder whole and in use.
 */
export class DataMover {
  readonly #deps: DataMoverDeps;
  #move: DataFolderMove = { state: 'idle' };
  #stopper = new AbortController();
  #running: Promise<void> | undefined;
  #timer: Disposable | undefined;

  constructor(deps: DataMoverDeps) {
    this.#deps = deps;
  }

  view(): DataFolderView {
    const { home, source } = this.#deps;
    const previous = this.#previous();
    return {
      path: home,
      chosenBy: source.kind,
      ...(previous === undefined
        ? {}
        : { previous: { path: previous.home, bytes: previous.bytes, movedAtMs: previous.movedAtMs } }),
      move: this.#move,
    };
  }

  /** Why nothing may change now; undefined where it may. */
  refusal(): StudioError | undefined {
    if (this.#running !== undefined) return new StudioError('data_folder.moving');
    if (this.#move.state === 'moved')
      return new StudioError('data_folder.moved', { target: this.#move.target ?? '' });
    return undefined;
  }

  /** Begins to move and returns. Throws `data_folder.*` where it cannot. */
  async start(wanted: string): Promise<DataFolderView> {
    const { home, liveJobs, host } = this.#deps;
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    const jobs = liveJobs();
    if (jobs > 0) throw new StudioError('data_folder.busy', { jobs });
    const target = takeTarget(wanted, home);
    this.#stopper = new AbortController();
    const { signal } = this.#stopper;
    this.#move = { state: 'copying', target: target.path, doneBytes: 0 };
    // From here on nothing else may change, also while the size is being counted.
    let begin: () => void = () => undefined;
    this.#running = new Promise((resolve) => (begin = resolve));
    try {
      const entries = await scanHome(home, signal);
      const totalBytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
      const neededBytes = totalBytes * (1 + SPARE_FRACTION) + SPARE_BYTES;
      const freeBytes = host.freeDiskBytes(target.path);
      if (freeBytes < neededBytes) throw diskFull(target.path, neededBytes, freeBytes);
      this.#change({ state: 'copying', target: target.path, doneBytes: 0, totalBytes });
      this.#running = this.#run(target, entries, totalBytes).finally(() => (this.#running = undefined));
      return this.view();
    } catch (error) {
      this.#running = undefined;
      clearTarget(target);
      this.#change({ state: 'idle' });
      throw error;
    } finally {
      begin();
    }
  }

  /** Gives the move up, removes what was copied, and resolves when that is done. */
  async cancel(): Promise<DataFolderView> {
    this.#stopper.abort();
    // Once while the size is counted, once while it is copied.
    while (this.#running !== undefined) await this.#running;
    return this.view();
  }

  /** Throws `data_folder.no_previous`, `data_folder.previous_used`. */
  async removePrevious(): Promise<DataFolderView> {
    const { home, source } = this.#deps;
    const previous = this.#previous();
    if (previous === undefined) throw new StudioError('data_folder.no_previous');
    await deleteMovedAway(previous.home, home);
    writeHomePointer(source.pointerFile, { version: 1, home });
    this.#deps.publish(this.view());
    return this.view();
  }

  /** Resolves when nothing is copied any more. */
  async dispose(): Promise<void> {
    await this.cancel();
    this.#timer?.dispose();
  }

  async #run(
    target: MoveTarget,
    entries: Awaited<ReturnType<typeof scanHome>>,
    totalBytes: number,
  ): Promise<void> {
    const { home, source, backupDatabase, databaseFile, clock } = this.#deps;
    const { signal } = this.#stopper;
    try {
      const tree = await copyTree(home, target.path, entries, this.#watch(totalBytes));
      this.#change({ state: 'checking', target: target.path, doneBytes: 0, totalBytes });
      await checkTree(target.path, tree, this.#watch(totalBytes));
      await rebaseRecords(home, target.path, tree);
      const database = path.join(target.path, path.basename(databaseFile));
      await backupDatabase(database);
      signal.throwIfAborted();
      rebaseDatabase(database, {
        from: home,
        path: (text) => rebasePath(text, home, target.path),
        json: (text) => JSON.stringify(rebaseJson(JSON.parse(text), home, target.path)),
      });
      await syncFolders(target.path, tree);
      signal.throwIfAborted();
      writeMoveMarker(target.path, { version: 1, source: home, complete: true });
      writeMovedAway(home, target.path);
      // The one step by which the next start opens the copy; where a variable names the folder, a person takes it.
      if (source.kind === 'pointer' || source.kind === 'default')
        writeHomePointer(source.pointerFile, {
          version: 1,
          home: target.path,
          previous: { home, movedAtMs: clock.nowMs(), bytes: totalBytes },
        });
      this.#change({ state: 'moved', target: target.path });
    } catch (error) {
      clearTarget(target);
      // The person's own decision is no failure.
      this.#change(
        signal.aborted
          ? { state: 'idle' }
          : { state: 'failed', target: target.path, error: bodyOf(error, target) },
      );
    }
  }

  #watch(totalBytes: number): CopyWatch {
    let doneBytes = 0;
    return {
      signal: this.#stopper.signal,
      onBytes: (bytes) => {
        doneBytes = Math.min(totalBytes, doneBytes + bytes);
        this.#move = { ...this.#move, doneBytes };
        this.#timer ??= this.#deps.clock.after(FRAME_INTERVAL_MS, () => {
          this.#timer = undefined;
          this.#deps.publish(this.view());
        });
      },
    };
  }

  #change(move: DataFolderMove): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#move = move;
    this.#deps.publish(this.view());
  }

  #previous(): Readonly<{ home: string; bytes: number; movedAtMs: number }> | undefined {
    const { home, source } = this.#deps;
    if (source.kind !== 'pointer') return undefined;
    const pointer = readHomePointer(source.pointerFile);
    return pointer?.home === home ? pointer.previous : undefined;
  }
}

/** It was empty or ours when the move began, so everything in it is the move's. */
function clearTarget({ path: target, isNew }: MoveTarget): void {
  try {
    for (const name of readdirSync(target))
      if (!IGNORED_NAMES.has(name)) rmSync(path.join(target, name), { recursive: true, force: true });
    if (isNew) rmSync(target, { recursive: true });
  } catch {
    // A disk that is gone takes the rest with it; the mark of an unfinished copy stays on it.
  }
}

const GB = 1e9;

const diskFull = (target: string, neededBytes: number, freeBytes: number): StudioError =>
  new StudioError('data_folder.disk_full', {
    path: target,
    neededGb: (neededBytes / GB).toFixed(1),
    freeGb: (freeBytes / GB).toFixed(1),
  });

function bodyOf(error: unknown, target: MoveTarget): NonNullable<DataFolderMove['error']> {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known =
    error instanceof StudioError
      ? error
      : code === 'ENOSPC' || code === 'EDQUOT'
        ? diskFull(target.path, 0, 0)
        : new StudioError('data_folder.copy_failed', { reason: code ?? String(error) }, { cause: error });
  const { params, detail, ...body } = toErrorBody(known);
  return { code: body.code, params: { ...params }, ...(detail === undefined ? {} : { detail }) };
}
