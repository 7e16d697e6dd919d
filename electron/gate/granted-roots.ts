import { realpathSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../shared/contract/studio-error.ts';

export type GrantedRoots = Readonly<{
  roots: readonly string[];
  /** One more place: the person chose it in a dialog or dropped it on a window. */
  add(folder: string): void;
  /** The path with every link resolved. Throws `server.path_refused` where that leads out of the roots. */
  resolve(offered: string): string;
}>;

/** Resolves links of the part that exists; what is to be made below it has none. */
const realPath = (wanted: string): string => {
  try {
    return realpathSync(wanted);
  } catch (error) {
    const parent = path.dirname(wanted);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === wanted) throw error;
    return path.join(realPath(parent), path.basename(wanted));
  }
};

const isBelow = (root: string, wanted: string): boolean => {
  const relative = path.relative(root, wanted);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
};

/** `\\host\share`, `\\?\…` and their like with slashes. */
const isNetworkPath = (wanted: string): boolean => /^[\\/]{2}/u.test(wanted);

/** A browser may name files of this machine, but only below folders that the person at the machine granted. */
export function grantRoots(folders: readonly string[]): GrantedRoots {
  const roots = [...new Set(folders.map((folder) => realPath(path.resolve(folder))))];
  return {
    roots,
    add: (folder) => {
      const real = realPath(path.resolve(folder));
      if (!roots.some((root) => isBelow(root, real))) roots.push(real);
    },
    resolve: (offered) => {
      const refused = new StudioError('server.path_refused', { path: offered, roots });
      if (!path.isAbsolute(offered) || offered.includes('\0')) throw refused;
      // Only to look at a network path signs Windows in to its host: nobody but the person here names hosts.
      if (isNetworkPath(offered) && !roots.some((root) => isBelow(root, path.normalize(offered))))
        throw refused;
      let real: string;
      try {
        real = realPath(path.normalize(offered));
      } catch {
        throw refused;
      }
      if (!roots.some((root) => isBelow(root, real))) throw refused;
      return real;
    },
  };
}
