import { existsSync } from 'node:fs';

import { studioCli } from '../helpers/studio-cli.ts';
import { sharedPlace } from './shared-place.ts';

/** Python that a user without rights can run; one in root's home is not. */
const SYSTEM_PYTHON = '/usr/bin/python3';

/** The CPU environment of users in a place that everybody may read; made once a machine. Returns its folder. */
export async function shellRuntime(): Promise<string> {
  const runtime = sharedPlace('runtime');
  const result = await studioCli(['runtime', 'install', '--variant', 'cpu', '--json'], {
    home: sharedPlace('runtime-home'),
    env: {
      LEGAL_EAGLE_RUNTIME: runtime,
      LEGAL_EAGLE_VARIANT: 'cpu',
      ...(existsSync(SYSTEM_PYTHON) ? { LEGAL_EAGLE_PYTHON: SYSTEM_PYTHON } : {}),
    },
  });
  if (result.exitCode !== 0) throw new Error(`no environment for the shell: ${result.stderr}`);
  return runtime;
}
