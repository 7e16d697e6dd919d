import { describe, expect, it } from 'vitest';

import { linuxProcesses } from '../../../electron/core/platform/linux-processes.ts';
import { shellEnvironment } from '../../../electron/core/terminal/shell-environment.ts';
import { shellLaunch, type ShellLaunch } from '../../../electron/core/terminal/shell-launch.ts';

const platform = linuxProcesses();
const surroundings = { platform, home: '/data', python: '/rt/cpu/bin/python', marker: 'one' };

describe('the environment of a shell', () => {
  it('has the runtime’s python first, and says whose data it is', () => {
    expect(shellEnvironment({ PATH: '/usr/bin:/bin', HOME: '/home/u' }, surroundings)).toEqual({
      PATH: '/rt/cpu/bin:/usr/bin:/bin',
      HOME: '/home/u',
      TERM: 'xterm-256color',
      COLORTERM: 'truecolor',
      LEGAL_EAGLE_HOME: '/data',
      LEGAL_EAGLE_TERMINAL: 'one',
      VIRTUAL_ENV: '/rt/cpu',
      LEGAL_EAGLE_PYTHON_FOLDER: '/rt/cpu/bin',
    });
  });

  it('is the system’s own where no runtime stands', () => {
    const env = shellEnvironment({ PATH: '/usr/bin' }, { ...surroundings, python: undefined });
    expect(env).toMatchObject({ PATH: '/usr/bin' });
    expect(env).not.toHaveProperty('VIRTUAL_ENV');
  });

  it('holds no secret, by name, by prefix or by value, and nothing that turns Python or Electron', () => {
    const secrets = {
      HF_TOKEN: 'x',
      MODELSCOPE_API_TOKEN: 'x',
      OPENAI_KEY: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      NCCL_PASSWORD: 'x',
      XDG_CREDENTIALS: 'x',
      https_proxy: 'http://name:word@proxy:8080',
      LEGAL_EAGLE_PROXY: 'http://name:word@proxy',
      PYTHONPATH: '/x',
      PYTHONHOME: '/x',
      NODE_OPTIONS: '--inspect',
      ELECTRON_RUN_AS_NODE: '1',
    };
    const env = shellEnvironment({ ...secrets, HTTP_PROXY: 'http://proxy:8080' }, surroundings);
    expect(Object.keys(secrets).filter((name) => name in env)).toEqual([]);
    expect(env).toHaveProperty('HTTP_PROXY', 'http://proxy:8080');
  });
});

describe('the shell', () => {
  const launch = (shell: string | undefined, there: readonly string[]): ShellLaunch =>
    shellLaunch({
      platformName: 'linux',
      env: shell === undefined ? {} : { SHELL: shell },
      systemRoot: undefined,
      resourcesDir: '/app/resources',
      isExecutable: (file) => there.includes(file),
    });

  it.each([
    ['/usr/bin/zsh', ['/usr/bin/zsh', '/bin/bash'], '/usr/bin/zsh'],
    ['/usr/sbin/nologin', ['/usr/sbin/nologin', '/bin/bash'], '/bin/bash'],
    ['/gone/fish', ['/bin/sh'], '/bin/sh'],
    ['bash -c evil', ['/bin/bash'], '/bin/bash'],
    [undefined, ['/usr/bin/bash', '/bin/sh'], '/usr/bin/bash'],
  ])('SHELL=%s with %j there: %s', (shell, there, file) => {
    expect(launch(shell, there).file).toBe(file);
  });

  it('reads our start file after the person’s, so that the runtime’s python stays first', () => {
    expect(launch('/bin/bash', ['/bin/bash']).args).toEqual([
      '--rcfile',
      '/app/resources/terminal/bash-start.sh',
      '-i',
    ]);
    expect(launch('/bin/zsh', ['/bin/zsh']).env).toHaveProperty('ZDOTDIR', '/app/resources/terminal/zsh');
  });

  it('is PowerShell on Windows, by its full path', () => {
    const windows = shellLaunch({
      platformName: 'win32',
      env: {},
      systemRoot: String.raw`D:\Win`,
      resourcesDir: 'x',
      isExecutable: () => true,
    });
    expect(windows.file).toBe(String.raw`D:\Win\System32\WindowsPowerShell\v1.0\powershell.exe`);
  });
});
