import path from 'node:path';

export type ShellLaunch = Readonly<{ file: string; args: readonly string[]; env: Record<string, string> }>;

const USUAL_SHELLS = ['/bin/bash', '/usr/bin/bash', '/bin/sh'];
/** Shells of accounts that nobody signs in to. */
const NO_SHELLS: ReadonlySet<string> = new Set(['nologin', 'false', 'true', 'sync']);

export type ShellPlace = Readonly<{
  platformName: 'linux' | 'win32';
  /** Of the shell to be. */
  env: Readonly<Record<string, string>>;
  /** Of this process: where Windows keeps its programs. */
  systemRoot: string | undefined;
  resourcesDir: string;
  isExecutable: (file: string) => boolean;
}>;

/**
 * The person's shell, or the system's where SHELL names none. Files that a shell reads at its start often put another
 * Python in front; ours, read after theirs, puts the runtime's back.
 */
export const shellLaunch = ({ env, ...place }: ShellPlace): ShellLaunch => {
  if (place.platformName === 'win32') {
    const powershell = path.win32.join(
      place.systemRoot ?? String.raw`C:\Windows`,
      String.raw`System32\WindowsPowerShell\v1.0\powershell.exe`,
    );
    return { file: powershell, args: ['-NoLogo'], env: { ...env } };
  }
  const chosen = env['SHELL'] ?? '';
  const candidates = NO_SHELLS.has(path.basename(chosen)) ? USUAL_SHELLS : [chosen, ...USUAL_SHELLS];
  const file = candidates.find((one) => path.isAbsolute(one) && place.isExecutable(one)) ?? '/bin/sh';
  const own = path.join(place.resourcesDir, 'terminal');
  switch (path.basename(file)) {
    case 'bash':
      return {
        file,
        args: ['--rcfile', path.join(own, 'bash-start.sh'), '-i'],
        env: { ...env, SHELL: file },
      };
    case 'zsh':
      return { file, args: ['-i'], env: { ...env, SHELL: file, ZDOTDIR: path.join(own, 'zsh') } };
    case 'fish':
      return {
        file,
        args: [
          '-i',
          '-C',
          'if set -q LEGAL_EAGLE_PYTHON_FOLDER; set -gx PATH $LEGAL_EAGLE_PYTHON_FOLDER $PATH; end',
        ],
        env: { ...env, SHELL: file },
      };
    default:
      return { file, args: ['-i'], env: { ...env, SHELL: file } };
  }
};
