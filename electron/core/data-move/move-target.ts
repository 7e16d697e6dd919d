import { accessSync, constants, existsSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { readMoveMarker, writeMoveMarker } from '../home-pointer.ts';

export type MoveTarget = Readonly<{
  path: string;
  /** Whether this move has made the folder, and may remove it again. */
  isNew: boolean;
}>;

/** The path with links resolved as far as it exists. */
const realPath = (wanted: string): string => {
  try {
    return realpathSync(wanted);
  } catch {
    const parent = path.dirname(wanted);
    return parent === wanted ? wanted : path.join(realPath(parent), path.basename(wanted));
  }
};

const contains = (outer: string, inner: string): boolean => {
  const relative = path.relative(outer, inner);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
};

/** A folder of the file system's own, on the root of many a Linux disk. */
export const IGNORED_NAMES: ReadonlySet<string> = new Set(['lost+found']);

/**
 * Makes sure that a folder can take the data: it is new, empty, or holds what an earlier move from the same folder
 * left half done. From then on it carries the mark of an unfinished copy. Throws `data_folder.*`.
 */
export function takeTarget(wanted: string, home: string): MoveTarget {
  if (!path.isAbsolute(wanted)) throw new StudioError('data_folder.not_absolute', { path: wanted });
  const target = realPath(path.normalize(wanted));
  const source = realPath(home);
  if (contains(source, target) || contains(target, source))
    throw new StudioError('data_folder.inside', { path: wanted, home });
  const isNew = !existsSync(target);
  if (!isNew) requireEmpty(target, home);
  try {
    if (isNew) makeFolder(target);
    accessSync(target, constants.W_OK);
    writeMoveMarker(target, { version: 1, source: home, complete: false });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StudioError('data_folder.not_writable', { path: wanted, reason }, { cause: error });
  }
  return { path: target, isNew };
}

/** Not Node's recursive way: on a file system that makes no folders (/proc) that one never returns. */
function makeFolder(folder: string): void {
  const parent = path.dirname(folder);
  if (!existsSync(parent)) makeFolder(parent);
  mkdirSync(folder);
}

function requireEmpty(target: string, home: string): void {
  const refused = new StudioError('data_folder.not_empty', { path: target });
  if (!statSync(target).isDirectory()) throw refused;
  let names: readonly string[];
  try {
    names = readdirSync(target).filter((name) => !IGNORED_NAMES.has(name));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StudioError('data_folder.not_writable', { path: target, reason }, { cause: error });
  }
  const marker = readMoveMarker(target);
  const isOurs = marker?.complete === false && marker.source === home;
  if (names.length > 0 && !isOurs) throw refused;
}
