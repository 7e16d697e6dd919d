import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';

export type HubProcess = Readonly<{ endpoint: string; close: () => Promise<void> }>;

const SERVE = `
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fake_hub import serve_folder
from fake_modelscope import FakeModelScope
hub = FakeModelScope()
hub.faults.slow_seconds = float(sys.argv[3])
serve_folder(hub, Path(sys.argv[2]))
`;

/**
 * The tests' ModelScope on the loopback, with every `<folder>/<owner>/<name>` as a repository. `slowSeconds` is its
 * pause before each piece of a body.
 */
export async function startModelScope(python: string, folder: string, slowSeconds = 0): Promise<HubProcess> {
  const helpers = import.meta.dirname;
  const child = spawn(python, ['-I', '-c', SERVE, helpers, path.resolve(folder), String(slowSeconds)], {
    // A client that hangs up is no news; one test does so on purpose.
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  return {
    endpoint,
    close: async () => {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}
