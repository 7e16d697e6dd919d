import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import type { TrashKind, TrashView } from '../../shared/contract/methods/storage.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { Clock, IdGen } from '../ports.ts';
import { contentDir, hasContent, readTrashEntry, writeTrashEntry, type TrashEntry } from './trash-entry.ts';

/** The records of one kind, as the trash needs them. */
export type TrashKeeper = Readonly<{
  /** Where a record of this id has its folder. */
  folderOf(id: string): string;
  /** Whether the record stands in the database. */
  stands(id: string): boolean;
  /** Takes the record and all its rows away, in one transaction. */
  forget(id: string): void;
  /** Brings them back from the folder, which is in its place, and from what was kept; in one transaction. */
  recall(id: string, kept: unknown): void;
}>;

export type TrashDeps = Readonly<{
  dir: string;
  keepers: Readonly<Record<TrashKind, TrashKeeper>>;
  clock: Clock;
  ids: IdGen;
  log: JobLog;
}>;

export type Removed = Readonly<{ kind: TrashKind; id: string; name: string; kept: unknown }>;

/** Of an entry that is being deleted for good: never offered again, and finished by the next core. */
export const EMPTYING = '.emptying';

/**
 * Where removed runs, datasets and models wait until they are deleted. Removing writes the entry, moves the folder,
 * then takes the rows; giving back moves the folder, then makes the rows. A core that dies in between leaves a
 * state from which {@link reconcile} goes on: the folder's place says how far it came.
 */
export class Trash {
  readonly #deps: TrashDeps;

  constructor(deps: TrashDeps) {
    this.#deps = deps;
  }

  /**
   * Returns the entry's id; undefined where the record had no folder, so that nothing could be given back.
   * Throws `storage.cannot_move`, and the record then stands as before.
   */
  put({ kind, id, name, kept }: Removed): string | undefined {
    const { clock, ids, keepers } = this.#deps;
    const keeper = keepers[kind];
    const folder = keeper.folderOf(id);
    if (!existsSync(folder)) {
      keeper.forget(id);
      return undefined;
    }
    const trashId = ids.next();
    const entryDir = this.#entryDir(trashId);
    writeTrashEntry(entryDir, { version: 1, kind, id, name, removedAtMs: clock.nowMs(), kept });
    try {
      renameSync(folder, contentDir(entryDir));
    } catch (error) {
      rmSync(entryDir, { recursive: true, force: true });
      throw cannotMove(folder, error);
    }
    keeper.forget(id);
    return trashId;
  }

  /** Throws `storage.not_in_trash`, `storage.place_taken`, `storage.cannot_move`. */
  restore(trashId: string): TrashEntry {
    const entryDir = this.#entryDir(trashId);
    const entry = isName(trashId) ? readTrashEntry(entryDir) : undefined;
    if (entry === undefined || !hasContent(entryDir)) throw new StudioError('storage.not_in_trash');
    const keeper = this.#deps.keepers[entry.kind];
    const folder = keeper.folderOf(entry.id);
    if (keeper.stands(entry.id) || existsSync(folder)) {
      throw new StudioError('storage.place_taken', { name: entry.name, path: folder });
    }
    try {
      mkdirSync(path.dirname(folder), { recursive: true });
      renameSync(contentDir(entryDir), folder);
    } catch (error) {
      throw cannotMove(folder, error);
    }
    keeper.recall(entry.id, entry.kept);
    rmSync(entryDir, { recursive: true, force: true });
    return entry;
  }

  /** Newest first. */
  list(): readonly TrashView[] {
    return this.#names()
      .flatMap((trashId): TrashView[] => {
        const entryDir = this.#entryDir(trashId);
        const entry = readTrashEntry(entryDir);
        if (entry === undefined || !hasContent(entryDir)) return [];
        const { kind, id, name, removedAtMs } = entry;
        return [{ trashId, kind, id, name, removedAtMs, path: entryDir }];
      })
      .sort((left, right) => right.removedAtMs - left.removedAtMs);
  }

  /**
   * Deletes entries for good; one that is no longer there is left out. Each is renamed first, so that half of one
   * is never given back. Resolves with the ids that are gone.
   */
  async empty(trashIds: readonly string[]): Promise<readonly string[]> {
    const gone: string[] = [];
    for (const trashId of trashIds) {
      if (!isName(trashId) || !existsSync(this.#entryDir(trashId))) continue;
      const doomed = `${this.#entryDir(trashId)}${EMPTYING}`;
      try {
        renameSync(this.#entryDir(trashId), doomed);
      } catch (error) {
        throw cannotMove(this.#entryDir(trashId), error);
      }
      await deleteFolder(doomed);
      gone.push(trashId);
    }
    return gone;
  }

  /** Ends what a core that died had begun, and deletes what has lain here longer than `keepMs`. */
  reconcile(): void {
    for (const trashId of this.#names()) {
      try {
        this.#mend(this.#entryDir(trashId));
      } catch (error) {
        this.#deps.log.warn({ error, trashId }, 'an entry of the trash could not be mended');
      }
    }
  }

  /** Deletes what is half deleted, and what was removed before `beforeMs`. Failures are logged, and tried again. */
  async deleteOld(beforeMs: number): Promise<void> {
    try {
      for (const name of this.#folders().filter((one) => one.endsWith(EMPTYING))) {
        await deleteFolder(path.join(this.#deps.dir, name));
      }
      const old = this.list().filter((entry) => entry.removedAtMs < beforeMs);
      await this.empty(old.map((entry) => entry.trashId));
    } catch (error) {
      this.#deps.log.warn({ error }, 'the trash could not be emptied');
    }
  }

  #mend(entryDir: string): void {
    const entry = readTrashEntry(entryDir);
    if (entry === undefined) {
      // Died before the entry was whole, so nothing was moved; what has content stays for whoever looks.
      if (!hasContent(entryDir)) rmSync(entryDir, { recursive: true, force: true });
      return;
    }
    const keeper = this.#deps.keepers[entry.kind];
    if (hasContent(entryDir)) {
      // The folder was moved and the rows were not taken yet.
      if (keeper.stands(entry.id)) keeper.forget(entry.id);
      return;
    }
    // Either it was never moved, or it is back already and lacks its rows.
    if (existsSync(keeper.folderOf(entry.id)) && !keeper.stands(entry.id))
      keeper.recall(entry.id, entry.kept);
    rmSync(entryDir, { recursive: true, force: true });
  }

  #names(): readonly string[] {
    return this.#folders().filter(isName);
  }

  #folders(): readonly string[] {
    return existsSync(this.#deps.dir) ? readdirSync(this.#deps.dir).sort() : [];
  }

  #entryDir(trashId: string): string {
    return path.join(this.#deps.dir, trashId);
  }
}

/** Ids are ours; anything else would be a path of somebody's choice. */
function isName(trashId: string): boolean {
  return /^[0-9A-Za-z_-]{4,64}$/u.test(trashId);
}

function deleteFolder(dir: string): Promise<void> {
  return rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function cannotMove(folder: string, error: unknown): StudioError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StudioError('storage.cannot_move', { path: folder, reason }, { cause: error });
}
