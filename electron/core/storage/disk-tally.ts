import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';

/** What a folder (or file) takes on the disk, with everything below it. Links are not followed. */
export type Tally = Readonly<{
  /** Bytes of the disk, each hard link counted once over everything that one counter has seen. */
  bytes: number;
  /** What deleting it would free: a file that has another link elsewhere frees nothing. */
  freeableBytes: number;
  files: number;
  /** Entries that may not be read; what they hold is not in the sums. */
  unreadable: number;
  /** Differs when anything below was written, added or taken away. */
  mark: string;
}>;

export type CounterOptions = Readonly<{
  signal?: AbortSignal | undefined;
  /** Hears of every batch: entries and bytes since the last time. */
  onProgress?: ((files: number, bytes: number) => void) | undefined;
}>;

/** Questions to the disk at once: enough to keep it busy, few enough that the core's other reads get through. */
const AT_ONCE = 16;
/** The unit of `blocks` on every system. */
const BLOCK_BYTES = 512;

type Link = { bytes: number; found: number; links: number };
type Sums = {
  bytes: number;
  plainBytes: number;
  files: number;
  unreadable: number;
  size: number;
  newestMs: number;
  links: Map<string, Link>;
};

/** Adds up folders. One counter belongs to one count: a file that two folders share is in the first of them. */
export class DiskCounter {
  readonly #options: CounterOptions;
  readonly #seen = new Set<string>();

  constructor(options: CounterOptions = {}) {
    this.#options = options;
  }

  /**
   * Everything at and below `root`, without the subtrees in `except`. A root that is not there comes to nothing.
   * Throws the signal's reason when it is aborted.
   */
  async tally(root: string, except: ReadonlySet<string> = new Set()): Promise<Tally> {
    const sums: Sums = {
      bytes: 0,
      plainBytes: 0,
      files: 0,
      unreadable: 0,
      size: 0,
      newestMs: 0,
      links: new Map(),
    };
    const folders: string[] = [];
    if (await this.#add(root, sums)) folders.push(root);
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for await (const batch of this.#batches(folder, sums)) {
        this.#options.signal?.throwIfAborted();
        const before = { files: sums.files, bytes: sums.bytes };
        const wanted = batch.filter((entry) => !except.has(entry));
        const areFolders = await Promise.all(wanted.map((entry) => this.#add(entry, sums)));
        folders.push(...wanted.filter((_, at) => areFolders[at]));
        this.#options.onProgress?.(sums.files - before.files, sums.bytes - before.bytes);
      }
    }
    const ownLinks = [...sums.links.values()].filter((link) => link.found >= link.links);
    return {
      bytes: sums.bytes,
      freeableBytes: sums.plainBytes + ownLinks.reduce((sum, link) => sum + link.bytes, 0),
      files: sums.files,
      unreadable: sums.unreadable,
      mark: `${String(sums.files)}-${String(sums.size)}-${String(Math.round(sums.newestMs))}`,
    };
  }

  /** Paths of a folder's entries; one of 100,000 never lies in memory whole. */
  async *#batches(folder: string, sums: Sums): AsyncGenerator<readonly string[]> {
    try {
      let batch: string[] = [];
      for await (const entry of await opendir(folder, { bufferSize: AT_ONCE })) {
        batch.push(path.join(folder, entry.name));
        if (batch.length < AT_ONCE) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    } catch (error) {
      if (!isMissing(error)) refuse(error, sums);
    }
  }

  /** Whether the entry is a folder. */
  async #add(entry: string, sums: Sums): Promise<boolean> {
    let stats: Stats;
    try {
      stats = await lstat(entry);
    } catch (error) {
      if (!isMissing(error)) refuse(error, sums);
      return false;
    }
    const bytes = stats.blocks * BLOCK_BYTES;
    sums.files += 1;
    sums.newestMs = Math.max(sums.newestMs, stats.mtimeMs);
    if (stats.isDirectory()) {
      sums.bytes += bytes;
      sums.plainBytes += bytes;
      return true;
    }
    sums.size += stats.size;
    if (stats.nlink <= 1) {
      sums.bytes += bytes;
      sums.plainBytes += bytes;
      return false;
    }
    const inode = `${String(stats.dev)}:${String(stats.ino)}`;
    const link = sums.links.get(inode) ?? { bytes, found: 0, links: stats.nlink };
    link.found += 1;
    sums.links.set(inode, link);
    if (!this.#seen.has(inode)) sums.bytes += bytes;
    this.#seen.add(inode);
    return false;
  }
}

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
};

/** An entry that may not be looked at is counted as such; an abort is none. */
function refuse(error: unknown, sums: Sums): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  sums.unreadable += 1;
}
