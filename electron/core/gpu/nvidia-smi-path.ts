import path from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

const variable = (env: Env, name: string): string | undefined => {
  // Windows names its variables in any case; a copied environment no longer looks them up that way.
  const key = Object.keys(env).find((one) => one.toUpperCase() === name.toUpperCase());
  const value = key === undefined ? undefined : env[key];
  return value === '' ? undefined : value;
};

/** Where `nvidia-smi` may be: the search path first, then the driver's own folders. */
export const nvidiaSmiCandidates = (platform: NodeJS.Platform, env: Env): readonly string[] => {
  if (platform === 'win32') {
    const system = variable(env, 'SystemRoot') ?? 'C:\\Windows';
    const programs = variable(env, 'ProgramW6432') ?? variable(env, 'ProgramFiles') ?? 'C:\\Program Files';
    return [
      'nvidia-smi.exe',
      path.win32.join(system, 'System32', 'nvidia-smi.exe'),
      path.win32.join(programs, 'NVIDIA Corporation', 'NVSMI', 'nvidia-smi.exe'),
    ];
  }
  // The last two: Windows Subsystem for Linux, and containers whose driver is mounted.
  return [
    'nvidia-smi',
    '/usr/bin/nvidia-smi',
    '/usr/lib/wsl/lib/nvidia-smi',
    '/usr/local/nvidia/bin/nvidia-smi',
  ];
};
