import { chmod, lstat, mkdir, open, readFile, readlink, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { writeJsonFile } from '../write-json-file.ts';
import { isMoveMarker } from '../home-pointer.ts';
import { IGNORED_NAMES } from './move-target.ts';
import { copyFile, hashFile, type CopyWatch } from './copy-file.ts';
import { rebaseJson, rebasePath } from './rebase-path.ts';
import { scanTree, type TreeEntry } from './scan-tree.ts';

/** Written all the time by the core itself; a line more or less in the copy loses nothing. */
const isLog = (name: string): boolean => name.split(path.sep)[0] === 'logs';
/** Of this start alone, or copied in another way (the database, by its own backup). */
const OWN = new Set([
  'core.lock',
  'core.lock.tmp',
  'core.mutex',
  'studio.db',
  'studio.db-wal',
  'studio.db-shm',
]);
/** Indexes that SQLite makes anew. */
const isPassing = (name: string): boolean =>
  OWN.has(name) || isMoveMarker(name) || name.endsWith('.db-shm') || name.startsWith('.legal-eagle-moved');

/** Records that name paths, so that the database can be rebuilt from them. Checkpoints and job files are history. */
const isRecord = (name: string): boolean => {
  const parts = name.split(path.sep);
  const [place, , file] = parts;
  if (place === 'trash') return ['entry.json', 'run.json', 'record.json'].includes(parts.at(-1) ?? '');
  return (
    (place === 'runs' && file === 'run.json' && parts.length === 3) ||
    (place === 'models' && file === 'record.json' && parts.length === 3)
  );
};

/** Between the first copy and the last look little can change; what still does is written by someone else. */
const MOST_ROUNDS = 5;

export type CopiedTree = Readonly<{ files: ReadonlyMap<string, string>; folders: readonly string[] }>;

export const scanHome = (home: string, signal: AbortSignal): Promise<readonly TreeEntry[]> =>
  scanTree(home, isPassing, signal);

/**
 * Copies a data folder, without its database, until two looks at the source show the same. Throws
 * `data_folder.changing`, what the file system throws, or the signal's reason.
 */
export async function copyTree(
  source: string,
  target: string,
  first: readonly TreeEntry[],
  watch: CopyWatch,
): Promise<CopiedTree> {
  const copied = new Map<string, Readonly<{ entry: TreeEntry; sha256: string | undefined }>>();
  let wanted = first;
  for (let round = 0; ; round += 1) {
    const stale = wanted.filter((entry) => !isSame(copied.get(entry.name)?.entry, entry));
    const names = new Set(wanted.map(({ name }) => name));
    const gone = [...copied.keys()].filter((name) => !names.has(name));
    if (round > 0 && stale.length === 0 && gone.length === 0) break;
    if (round === MOST_ROUNDS)
      throw new StudioError('data_folder.changing', { file: stale[0]?.name ?? gone[0] ?? '' });
    for (const name of gone) {
      await rm(path.join(target, name), { recursive: true, force: true });
      copied.delete(name);
    }
    for (const entry of stale) {
      watch.signal.throwIfAborted();
      copied.set(entry.name, { entry, sha256: await copyEntry(source, target, entry, watch) });
    }
    wanted = await scanHome(source, watch.signal);
  }
  await removeStrangers(target, new Set(copied.keys()), watch.signal);
  return {
    files: new Map(
      [...copied].flatMap(([name, { sha256 }]) => (sha256 === undefined ? [] : [[name, sha256]])),
    ),
    folders: [...copied].filter(([, { entry }]) => entry.kind === 'folder').map(([name]) => name),
  };
}

const isSame = (known: TreeEntry | undefined, now: TreeEntry): boolean =>
  known?.kind === now.kind &&
  (isLog(now.name) || now.kind === 'folder' || (known.bytes === now.bytes && known.mtimeMs === now.mtimeMs));

async function copyEntry(
  source: string,
  target: string,
  { name, kind }: TreeEntry,
  watch: CopyWatch,
): Promise<string | undefined> {
  const [from, to] = [path.join(source, name), path.join(target, name)];
  const standing = await lstat(to).catch(() => undefined);
  // Left by an earlier move that was cut: only a folder may stay as it is.
  if (standing !== undefined && (kind !== 'folder' || !standing.isDirectory()))
    await rm(to, { recursive: true });
  switch (kind) {
    case 'folder':
      await mkdir(to, { recursive: true });
      await chmod(to, (await lstat(from)).mode & 0o777);
      return undefined;
    case 'link':
      await symlink(rebasePath(await readlink(from), source, target), to);
      return undefined;
    case 'file': {
      const sha256 = await copyFile(from, to, watch);
      return isLog(name) ? undefined : sha256;
    }
  }
}

const isForeign = (name: string): boolean => isMoveMarker(name) || IGNORED_NAMES.has(name);

/** What an earlier, cut move has copied and the source has lost since. */
async function removeStrangers(
  target: string,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  for (const { name } of await scanTree(target, isForeign, signal))
    if (!known.has(name)) await rm(path.join(target, name), { recursive: true, force: true });
}

/** Reads every copied file again. Throws `data_folder.copy_differs`. */
export async function checkTree(target: string, { files }: CopiedTree, watch: CopyWatch): Promise<void> {
  for (const [name, sha256] of files)
    if ((await hashFile(path.join(target, name), watch)) !== sha256)
      throw new StudioError('data_folder.copy_differs', { file: name });
}

/** Lets the records of the copy name the copy's own paths. */
export async function rebaseRecords(source: string, target: string, { files }: CopiedTree): Promise<void> {
  for (const name of [...files.keys()].filter(isRecord)) {
    const file = path.join(target, name);
    const text = await readFile(file, 'utf8');
    try {
      writeJsonFile(file, rebaseJson(JSON.parse(text), source, target));
    } catch (error) {
      // A record that could not be read before stays as it was.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
}

/** Has the system write the folders' own lists down; where it cannot (Windows), files alone must do. */
export async function syncFolders(target: string, { folders }: CopiedTree): Promise<void> {
  for (const name of ['', ...folders]) {
    const handle = await open(path.join(target, name), 'r').catch(() => undefined);
    await handle?.sync().catch(() => undefined);
    await handle?.close();
  }
}
