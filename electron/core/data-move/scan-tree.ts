import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

export type TreeEntry = Readonly<{
  /** Relative to the root, with this system's separators. */
  name: string;
  kind: 'folder' | 'file' | 'link';
  bytes: number;
  mtimeMs: number;
}>;

/**
 * Everything below a folder, parents before children. `leaveOut` is asked by the relative name; what is neither file,
 * folder nor link (a socket, a pipe) is left out, as is what vanishes while it is looked at.
 */
export async function scanTree(
  root: string,
  leaveOut: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<readonly TreeEntry[]> {
  const found: TreeEntry[] = [];
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    signal?.throwIfAborted();
    for (const child of (await readdir(path.join(root, folder), { withFileTypes: true })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const name = path.join(folder, child.name);
      if (leaveOut(name)) continue;
      const kind = child.isSymbolicLink()
        ? 'link'
        : child.isDirectory()
          ? 'folder'
          : child.isFile()
            ? 'file'
            : undefined;
      if (kind === undefined) continue;
      const facts = await lstat(path.join(root, name)).catch(() => undefined);
      if (facts === undefined) continue;
      found.push({ name, kind, bytes: kind === 'file' ? facts.size : 0, mtimeMs: facts.mtimeMs });
      if (kind === 'folder') waiting.push(name);
    }
  }
  return found.sort((a, b) => depth(a.name) - depth(b.name) || (a.name < b.name ? -1 : 1));
}

const depth = (name: string): number => name.split(path.sep).length;
