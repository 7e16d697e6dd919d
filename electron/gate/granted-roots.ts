import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../shared/contract/studio-error.ts';
import { isOddWindowsPath } from './windows-names.ts';

export type GrantedRoots = Readonly<{
  /** Every place that is granted now. */
  readonly roots: readonly string[];
  /**
   * One more place: the person chose it in a dialog or dropped it on a window. Throws where it cannot be looked up:
   * links in a circle, a name that the system does not take.
   */
  add(folder: string): void;
  /** What the settings grant from now on; what they granted before and name no more is taken back at once. */
  setStored(folders: readonly string[]): void;
  /** The path with every link resolved. Throws `server.path_refused` where that leads out of the roots. */
  resolve(offered: string): string;
}>;

/** Longest path that the system itself takes; of a longer one every part would be looked up in vain. */
const MOST_PATH_LENGTH = process.platform === 'win32' ? 32_767 : 4096;

/** Resolves links of the part that exists. Throws for a link to nothing: what is made there is made elsewhere. */
const realPath = (wanted: string): string => {
  try {
    return realpathSync(wanted);
  } catch (error) {
    const parent = path.dirname(wanted);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === wanted) throw error;
    if (lstatSync(wanted, { throwIfNoEntry: false }) !== undefined) throw error;
    return path.join(realPath(parent), path.basename(wanted));
  }
};

/** Where `..` leads the system, which follows links first; Windows takes it away from the letters, as `path` does. */
const physicalPath = (wanted: string): string =>
  wanted
    .split(path.sep)
    .reduce(
      (at, part) => (part === '..' ? path.dirname(realPath(at)) : path.join(at, part)),
      path.parse(wanted).root,
    );

const isBelow = (root: string, wanted: string): boolean => {
  const relative = path.relative(root, wanted);
  const leadsUp = relative === '..' || relative.startsWith(`..${path.sep}`);
  return !leadsUp && !path.isAbsolute(relative);
};

/** `\\host\share`, `\\?\…` and their like with slashes. */
const isNetworkPath = (wanted: string): boolean => /^[\\/]{2}/u.test(wanted);

const isStillItself = (root: string): boolean => {
  try {
    return realPath(root) === root;
  } catch {
    return false;
  }
};

/** A browser may name files of this machine, but only below folders that the person at the machine granted. */
export function grantRoots(folders: readonly string[]): GrantedRoots {
  const fixed = folders.map((folder) => realPath(path.resolve(folder)));
  let chosen: readonly string[] = [];
  let stored: readonly string[] = [];
  const all = (): readonly string[] => [...new Set([...fixed, ...stored, ...chosen])];
  return {
    get roots() {
      return all();
    },
    add: (folder) => {
      if (folder.length > MOST_PATH_LENGTH)
        throw new StudioError('server.path_refused', { path: folder, roots: all() });
      const real = realPath(path.resolve(folder));
      if (!all().some((root) => isBelow(root, real))) chosen = [...chosen, real];
    },
    setStored: (wanted) => {
      const gone = stored.filter((root) => !wanted.includes(root));
      chosen = chosen.filter((place) => !gone.some((root) => isBelow(root, place)));
      // A place that a link has taken since would lead elsewhere than the person has granted.
      stored = wanted.filter((root) => isStillItself(root));
    },
    resolve: (offered) => {
      const roots = all();
      const refused = new StudioError('server.path_refused', { path: offered, roots });
      if (!path.isAbsolute(offered) || offered.includes('\0') || offered.length > MOST_PATH_LENGTH)
        throw refused;
      if (process.platform === 'win32' && isOddWindowsPath(offered)) throw refused;
      // Only to look at a network path signs Windows in to its host: nobody but the person here names hosts.
      if (isNetworkPath(offered) && !roots.some((root) => isBelow(root, path.normalize(offered))))
        throw refused;
      let real: string;
      let physical: string;
      try {
        real = realPath(path.normalize(offered));
        physical = path.sep === '/' ? realPath(physicalPath(offered)) : real;
      } catch {
        throw refused;
      }
      for (const place of [real, physical]) if (!roots.some((root) => isBelow(root, place))) throw refused;
      return real;
    },
  };
}
