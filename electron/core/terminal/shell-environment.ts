import path from 'node:path';

import type { ProcessPlatform } from '../ports.ts';

/** What a person's shell needs beyond a job: its display, its agent, its habits. Upper case. */
const SHELL_NAMES: ReadonlySet<string> = new Set([
  'SHELL',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'DBUS_SESSION_BUS_ADDRESS',
  'SSH_AUTH_SOCK',
  'EDITOR',
  'VISUAL',
  'PAGER',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'HF_HOME',
  'HF_ENDPOINT',
]);
const SECRET_NAME = /TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY/u;
/** An address with a user name or a password in it. */
const SECRET_VALUE = /:\/\/[^/]*@/u;

/** Everything that a terminal starts carries this variable, so that it ends with it. */
export const TERMINAL_MARKER_NAME = 'LEGAL_EAGLE_TERMINAL';

export type ShellSurroundings = Readonly<{
  platform: Pick<ProcessPlatform, 'name' | 'inheritedEnvironment'>;
  /** The data folder, so that `legal-eagle` means this studio. */
  home: string;
  /** The runtime's interpreter, where one stands. */
  python: string | undefined;
  marker: string;
}>;

/** The environment of a terminal's shell: known harmless variables, never a secret, the runtime's python first. */
export const shellEnvironment = (
  inherited: Readonly<Record<string, string | undefined>>,
  { platform, home, python, marker }: ShellSurroundings,
): Record<string, string> => {
  const allowed = platform.inheritedEnvironment;
  const environment: Record<string, string> = {};
  let searchPath = '';
  for (const [name, value] of Object.entries(inherited)) {
    const upper = name.toUpperCase();
    const known =
      allowed.names.includes(upper) ||
      SHELL_NAMES.has(upper) ||
      allowed.prefixes.some((prefix) => upper.startsWith(prefix));
    if (value === undefined || !known || SECRET_NAME.test(upper) || SECRET_VALUE.test(value)) continue;
    if (upper === 'PATH') searchPath = value;
    else environment[name] = value;
  }
  const paths = platform.name === 'win32' ? path.win32 : path.posix;
  const pythonFolder = python === undefined ? undefined : paths.dirname(python);
  return {
    ...environment,
    PATH: [pythonFolder, searchPath]
      .filter((part) => part !== undefined && part !== '')
      .join(paths.delimiter),
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    LEGAL_EAGLE_HOME: home,
    [TERMINAL_MARKER_NAME]: marker,
    ...(pythonFolder === undefined
      ? {}
      : { VIRTUAL_ENV: paths.dirname(pythonFolder), LEGAL_EAGLE_PYTHON_FOLDER: pythonFolder }),
  };
};
