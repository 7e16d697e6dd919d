import { REQUEST_HEADERS, failureOf } from './session.ts';

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
