import { describe, expect, it } from 'vitest';

import type { RunCommand } from '../../../electron/core/run-command.ts';
import { findPython } from '../../../electron/core/runtime/python-locator.ts';
import { environmentPython, runtimeFolder } from '../../../electron/core/runtime/runtime-paths.ts';
import { RuntimeService } from '../../../electron/core/runtime/runtime-service.ts';

type Machine = Readonly<Record<string, Readonly<{ version: string; venv?: boolean; bits?: number }>>>;

/** A machine on which these commands answer the probe, and no other command exists. */
const machine =
  (interpreters: Machine): RunCommand =>
  (command, args) => {
    const key = [command, ...args.filter((one) => one.startsWith('-3.'))].join(' ');
    const found = interpreters[key];
    if (found === undefined) {
      return Promise.resolve({
        exitCode: undefined,
        stdout: '',
        stderrTail: '',
        startError: 'ENOENT',
        timedOut: false,
      });
    }
    const probe = { executable: `/opt/${key}`, bits: 64, venv: true, ...found };
    return Promise.resolve({
      exitCode: 0,
      stdout: `noise of a sitecustomize\n${JSON.stringify(probe)}\n`,
      stderrTail: '',
      startError: undefined,
      timedOut: false,
    });
  };

const find = (
  interpreters: Machine,
  platform: NodeJS.Platform = 'linux',
  env = {},
): ReturnType<typeof findPython> => findPython({ run: machine(interpreters), platform, env });

describe('the Python for an environment', () => {
  it('skips versions the lock was not written for', async () => {
    const found = await find({ python3: { version: '3.14.1' }, 'python3.12': { version: '3.12.3' } });
    expect(found.version).toBe('3.12.3');
  });

  it('is asked of the launcher on Windows', async () => {
    const found = await find({ 'py -3.12': { version: '3.12.9' } }, 'win32');
    expect(found.version).toBe('3.12.9');
  });

  it('named by the person excludes all others', async () => {
    const machineWithBoth = { python3: { version: '3.11.2' }, '/mine': { version: '3.8.1' } };
    await expect(find(machineWithBoth, 'linux', { LEGAL_EAGLE_PYTHON: '/mine' })).rejects.toMatchObject({
      code: 'runtime.python_version',
    });
  });

  it.each([
    ['none at all', {}, 'runtime.python_missing'],
    ['only too old', { python3: { version: '3.9.2' } }, 'runtime.python_version'],
    ['only 32 bits', { python3: { version: '3.12.2', bits: 32 } }, 'runtime.python_version'],
    ['without venv', { python3: { version: '3.12.2', venv: false } }, 'runtime.venv_missing'],
  ])('%s is an error that names what is missing', async (_name, interpreters, code) => {
    await expect(find(interpreters)).rejects.toMatchObject({ code });
  });
});

describe('paths', () => {
  it('follow the system they are for, not the system that asks', () => {
    expect(environmentPython('win32', 'C:\\rt\\cpu')).toBe('C:\\rt\\cpu\\Scripts\\python.exe');
    expect(environmentPython('linux', '/rt/cpu')).toBe('/rt/cpu/bin/python');
    expect(runtimeFolder('win32', { LOCALAPPDATA: 'C:\\L' }, 'C:\\Users\\a')).toBe(
      'C:\\L\\LegalEagleStudio\\runtime',
    );
    expect(runtimeFolder('linux', {}, '/home/a')).toBe('/home/a/.cache/legal-eagle-studio/runtime');
  });
});

describe('a proxy with a password', () => {
  it('reaches pip by environment only (argv is readable by every user)', async () => {
    const seen: { args: readonly string[]; env: Readonly<Record<string, string | undefined>> }[] = [];
    const runtime = new RuntimeService({
      run: (command, args, options) => {
        seen.push({ args, env: options.env });
        return machine({ python3: { version: '3.12.2' } })(command, args, options);
      },
      platform: 'linux',
      env: { LEGAL_EAGLE_RUNTIME: '/nonexistent/never-made' },
      homeDir: '/nonexistent',
      pythonRuntimeDir: 'python-runtime',
      resourcesDir: 'resources',
      nowMs: () => 0,
      fetchText: () => Promise.reject(new Error('offline')),
    });
    await expect(
      runtime.ensure({ variant: 'cpu', proxy: 'http://u:sEcReT@127.0.0.1:9' }),
    ).rejects.toBeDefined();
    expect(seen.flatMap((one) => one.args).join(' ')).not.toContain('sEcReT');
  });
});
