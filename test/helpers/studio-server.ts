import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { runtimeFolder } from '../../electron/core/runtime/runtime-paths.ts';
import { repositoryRoot } from './studio-cli.ts';

export type StudioServer = Readonly<{
  /** With the one-time token. */
  address: string;
  pid: number;
  close: () => Promise<void>;
}>;

/** `legal-eagle serve` on a data folder. */
export async function startStudioServer(
  home: string,
  grants: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<StudioServer> {
  const server = spawn(
    process.execPath,
    [
      path.join(repositoryRoot, 'electron/cli/main.ts'),
      'serve',
      '--port',
      '0',
      ...grants.flatMap((folder) => ['--grant', folder]),
      ...args,
    ],
    {
      env: {
        ...process.env,
        LEGAL_EAGLE_HOME: home,
        LEGAL_EAGLE_VARIANT: 'dev',
        LEGAL_EAGLE_LANGUAGE: 'en',
        ...(args.includes('--allow-terminal') ? ownFolder(home) : {}),
        ...variables,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const close = (): Promise<void> => ended(server);
  try {
    return { address: await addressOf(server), pid: server.pid ?? 0, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A home folder of its own: what the tester's shell reads at its start may take a minute, or wait for a lock. */
function ownFolder(home: string): Readonly<Record<string, string>> {
  const folder = path.join(home, 'person');
  mkdirSync(folder, { recursive: true });
  return { HOME: folder, LEGAL_EAGLE_RUNTIME: runtimeFolder(process.platform, process.env, homedir()) };
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const read = (text: string): void => {
      said += text;
      const address = /https?:\/\/\S+#token=\S+/u.exec(said)?.[0];
      if (address !== undefined) resolve(address);
    };
    server.stdout?.setEncoding('utf8').on('data', read);
    server.stderr?.setEncoding('utf8').on('data', read);
    server.on('error', reject);
    server.on('close', (code) => reject(new Error(`serve ended with ${String(code)}: ${said}`)));
  });
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) {
      resolve();
      return;
    }
    server.on('close', () => resolve());
    server.kill('SIGTERM');
  });
}
