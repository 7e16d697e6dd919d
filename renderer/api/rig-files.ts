import { desktopBridge } from './desktop-bridge.ts';
import { REQUEST_HEADERS, failureOf } from './session.ts';
import { studio } from './studio-client.ts';

export type RigEntry = Readonly<{ name: string; path: string; folder: boolean; bytes: number }>;

export type RigFolder = Readonly<{
  /** Undefined: the list of granted roots. */
  path?: string;
  /** Undefined in a root. */
  parent?: string;
  entries: readonly RigEntry[];
  /** How many further entries are not listed. */
  left: number;
}>;

/** A folder of the rig; without a path the roots a browser may look into. Throws `server.path_refused`. */
export async function listRigFolder(path?: string): Promise<RigFolder> {
  const response = await fetch('api/folder', {
    method: 'POST',
    headers: { ...REQUEST_HEADERS, 'content-type': 'application/json' },
    body: JSON.stringify(path === undefined ? {} : { path }),
  });
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as RigFolder;
}

/** What a person looks for: one folder, or any number of files. */
export type PathChoice = Readonly<{ title: string; choose: 'folder' | 'any' }>;

/** The system's own dialog; undefined in a browser, which looks around with {@link listRigFolder}. */
export const choosePathsNatively: ((choice: PathChoice) => Promise<readonly string[]>) | undefined =
  desktopBridge === undefined
    ? undefined
    : async ({ title, choose }) => {
        const kind = choose === 'folder' ? 'folder' : 'file';
        const { paths } = await studio.client.call('host.chooseFiles', {
          kind,
          multiple: choose === 'any',
          title,
        });
        return paths;
      };

/** How a page lets a person choose one folder of the rig: what its folder browser is told. */
export const CHOOSES_FOLDER = {
  list: listRigFolder,
  native: choosePathsNatively,
  choose: 'folder',
} as const;
