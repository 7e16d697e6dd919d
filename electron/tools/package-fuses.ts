import { FuseState, FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses';

/** Every fuse that @electron/fuses knows, by its place in the wire. */
const FUSES = [
  'RunAsNode',
  'EnableCookieEncryption',
  'EnableNodeOptionsEnvironmentVariable',
  'EnableNodeCliInspectArguments',
  'EnableEmbeddedAsarIntegrityValidation',
  'OnlyLoadAppFromAsar',
  'LoadBrowserProcessSpecificV8Snapshot',
  'GrantFileProtocolExtraPrivileges',
  'WasmTrapHandlers',
] as const satisfies readonly (keyof typeof FuseV1Options)[];

export type FuseName = (typeof FUSES)[number];
export type FuseSettings = Readonly<Record<FuseName, boolean>>;

/**
 * How the fuses of a package stand. `inspectable` is the test build, which differs by that one fuse: the test driver
 * speaks to the app through it.
 */
export const fuseSettings = (
  options: Readonly<{ platform: string; inspectable: boolean }>,
): FuseSettings => ({
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: options.inspectable,
  // Electron validates archives on Windows and macOS; on Linux it has nothing to compare with.
  EnableEmbeddedAsarIntegrityValidation: options.platform === 'win32',
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  GrantFileProtocolExtraPrivileges: false,
  WasmTrapHandlers: true,
});

const isFuse = (state: FuseState | undefined): boolean =>
  state === FuseState.ENABLE || state === FuseState.DISABLE || state === FuseState.REMOVED;

/** The fuses as they stand in a binary; those that it does not have, or no longer has, are absent. */
export async function readFuses(binary: string): Promise<Partial<FuseSettings>> {
  const wire = (await getCurrentFuseWire(binary)) as Partial<Record<FuseV1Options, FuseState>>;
  return Object.fromEntries(
    FUSES.flatMap((name) => {
      const state = wire[FuseV1Options[name]];
      return state === FuseState.ENABLE || state === FuseState.DISABLE
        ? [[name, state === FuseState.ENABLE]]
        : [];
    }),
  );
}

/**
 * Sets the fuses of a binary and reads them back. A fuse of the binary that `wanted` does not know is an error; one
 * that the binary does not have is an error with `all`, and left out with `present`. Throws where a fuse stands
 * otherwise than wanted afterwards.
 */
export async function setFuses(
  binary: string,
  wanted: FuseSettings,
  require: 'all' | 'present',
): Promise<Partial<FuseSettings>> {
  const wire = (await getCurrentFuseWire(binary)) as Partial<Record<FuseV1Options, FuseState>>;
  const present = FUSES.filter((name) => isFuse(wire[FuseV1Options[name]]));
  const settings = Object.fromEntries(present.map((name) => [FuseV1Options[name], wanted[name]]));
  await flipFuses(binary, {
    version: FuseVersion.V1,
    ...(settings as Record<FuseV1Options, boolean>),
    strictlyRequireAllFuses: true,
  });
  const found = await readFuses(binary);
  const missing = FUSES.filter((name) => found[name] === undefined);
  if (require === 'all' && missing.length > 0)
    throw new Error(`the binary has no fuse ${missing.join(', ')}`);
  const wrong = Object.entries(found).filter(([name, state]) => wanted[name as FuseName] !== state);
  if (wrong.length > 0 || Object.keys(found).length === 0)
    throw new Error(`the fuses of ${binary} do not stand as set: ${JSON.stringify(found)}`);
  return found;
}
