import { StudioError } from '../../shared/contract/studio-error.ts';
import type { RunCommand } from '../run-command.ts';

const OLDEST_PYTHON = '3.11';
const NEWEST_PYTHON = '3.13';

export type FoundPython = Readonly<{
  /** Absolute path of the interpreter. */
  executable: string;
  /** `3.11.7` */
  version: string;
}>;

type Candidate = readonly [command: string, ...args: string[]];

type Probe = Readonly<{ executable: string; version: string; bits: number; venv: boolean }>;

const PROBE = [
  'import importlib.util as u, json, struct, sys',
  "have = all(u.find_spec(m) for m in ('venv', 'ensurepip'))",
  "print(json.dumps({'executable': sys.executable, 'version': '%d.%d.%d' % sys.version_info[:3],",
  "                  'bits': struct.calcsize('P') * 8, 'venv': have}))",
].join('\n');

const candidates = (platform: NodeJS.Platform, chosen: string | undefined): readonly Candidate[] => {
  if (chosen !== undefined && chosen !== '') return [[chosen]];
  if (platform === 'win32') {
    return [['py', '-3.13'], ['py', '-3.12'], ['py', '-3.11'], ['python'], ['python3']];
  }
  return [['python3'], ['python3.13'], ['python3.12'], ['python3.11'], ['python']];
};

const minorOf = (version: string): number => Number(version.split('.')[1] ?? 0);

const isSupported = (probe: Probe): boolean =>
  probe.version.startsWith('3.') &&
  minorOf(probe.version) >= minorOf(OLDEST_PYTHON) &&
  minorOf(probe.version) <= minorOf(NEWEST_PYTHON) &&
  probe.bits === 64;

export type PythonLocatorOptions = Readonly<{
  run: RunCommand;
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
}>;

/**
 * The first interpreter of a supported version that can make virtual environments. `LEGAL_EAGLE_PYTHON` names
 * one and excludes all others. Throws `runtime.python_missing`, `runtime.python_version` or `runtime.venv_missing`.
 */
export const findPython = async (options: PythonLocatorOptions): Promise<FoundPython> => {
  const seen: Probe[] = [];
  for (const [command, ...args] of candidates(options.platform, options.env['LEGAL_EAGLE_PYTHON'])) {
    const result = await options.run(command, [...args, '-I', '-c', PROBE], { env: options.env });
    if (result.exitCode !== 0) continue;
    let probe: Probe;
    try {
      probe = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as Probe;
    } catch {
      continue;
    }
    if (isSupported(probe) && probe.venv) return { executable: probe.executable, version: probe.version };
    seen.push(probe);
  }
  const withoutVenv = seen.find(isSupported);
  if (withoutVenv !== undefined) {
    throw new StudioError('runtime.venv_missing', {
      python: withoutVenv.executable,
      version: withoutVenv.version.split('.').slice(0, 2).join('.'),
    });
  }
  const range = { oldest: OLDEST_PYTHON, newest: NEWEST_PYTHON };
  if (seen.length === 0) throw new StudioError('runtime.python_missing', range);
  throw new StudioError('runtime.python_version', {
    ...range,
    found: [...new Set(seen.map((probe) => probe.version))].join(', '),
  });
};
