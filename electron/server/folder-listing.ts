import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { StudioError } from '../shared/contract/studio-error.ts';
import type { GrantedRoots } from '../gate/granted-roots.ts';

export type FolderEntry = Readonly<{ name: string; path: string; folder: boolean; bytes: number }>;

export type FolderListing = Readonly<{
  /** Undefined: the list of roots. */
  path?: string;
  parent?: string;
  entries: readonly FolderEntry[];
  /** Entries beyond the first thousands, which are not listed. */
  left: number;
}>;

const MOST_ENTRIES = 5000;

/** A folder below the granted roots, folders first; without `wanted` the roots. Throws `server.path_refused`. */
export async function listFolder(granted: GrantedRoots, wanted: string | undefined): Promise<FolderListing> {
  if (wanted === undefined) {
    const entries = granted.roots.map((root) => ({ name: root, path: root, folder: true, bytes: 0 }));
    return { entries, left: 0 };
  }
  const folder = granted.resolve(wanted);
  const found = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw new StudioError('server.path_refused', { path: wanted, roots: granted.roots });
  });
  const visible = found
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isFile()))
    .sort(
      (a, b) =>
        Number(b.isDirectory()) - Number(a.isDirectory()) ||
        a.name.localeCompare(b.name, 'zh-CN', { numeric: true }),
    );
  const entries = await Promise.all(
    visible.slice(0, MOST_ENTRIES).map(async (entry): Promise<FolderEntry> => {
      const file = path.join(folder, entry.name);
      const bytes = entry.isFile()
        ? await stat(file).then(
            ({ size }) => size,
            () => 0,
          )
        : 0;
      return { name: entry.name, path: file, folder: entry.isDirectory(), bytes };
    }),
  );
  const parent = granted.roots.includes(folder) ? undefined : path.dirname(folder);
  return {
    path: folder,
    ...(parent === undefined ? {} : { parent }),
    entries,
    left: Math.max(0, visible.length - MOST_ENTRIES),
  };
}
