import path from 'node:path';

import type { App } from 'electron';

import type { HandlersFor } from '../shared/contract/define.ts';
import type { HostContract } from '../shared/contract/host-contract.ts';
import { readShellMemory, writeShellMemory } from './shell-memory.ts';

type ShellHandlers = Pick<HandlersFor<HostContract>, 'host.shell' | 'host.setAcceleration' | 'host.relaunch'>;

export const shellMemoryFile = (app: App): string => path.join(app.getPath('userData'), 'shell.json');

/** What the shell says and remembers of itself. Made once a life, so that it knows how this life began. */
export function createShellHandlers(app: App, relaunch: () => void): ShellHandlers {
  const file = shellMemoryFile(app);
  const atStart = readShellMemory(file).acceleration;
  const view = (): ReturnType<ShellHandlers['host.shell']> => ({
    acceleration: readShellMemory(file).acceleration,
    isAccelerated: atStart === 'auto',
    versions: {
      electron: process.versions.electron,
      chrome: process.versions.chrome,
      node: process.versions.node,
    },
  });
  return {
    'host.shell': view,
    'host.setAcceleration': ({ acceleration }) => {
      writeShellMemory(file, { ...readShellMemory(file), acceleration });
      return view();
    },
    'host.relaunch': () => {
      relaunch();
      return {};
    },
  };
}
