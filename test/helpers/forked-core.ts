import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { StudioContract } from '../../electron/shared/contract/index.ts';
import { createRpcClient, type RpcClient } from '../../electron/shared/contract/rpc-client.ts';
import { forkChannel } from './fork-channel.ts';

export type ForkedCore = Readonly<{
  pid: number;
  client: RpcClient<StudioContract>;
  /** SIGKILL; resolves when it is gone. What it started may still be there. */
  kill: () => Promise<void>;
  close: () => Promise<void>;
}>;

/**
 * A core in a process of its own on a data folder. `temporary` is where it and its jobs put temporary files, and where
 * what it prints is kept, in `core.txt`.
 */
export async function forkCore(home: string, temporary: string): Promise<ForkedCore> {
  const script = path.join(import.meta.dirname, 'forked-core-process.ts');
  const outputFile = path.join(temporary, 'core.txt');
  const output = openSync(outputFile, 'a');
  const child = fork(script, [home], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const gone = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    gone.then(([code, signal]) => {
      const said = readFileSync(outputFile, 'utf8').slice(-2000);
      throw new Error(`the core ended with ${String(code ?? signal)} before it was open: ${said}`);
    }),
  ]);
  const client = createRpcClient<StudioContract>();
  client.attach(forkChannel(child));
  const end = async (how: () => void): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      how();
      await gone;
    }
    client.dispose();
  };
  return {
    pid: child.pid ?? 0,
    client,
    kill: () => end(() => child.kill('SIGKILL')),
    close: () => end(() => child.disconnect()),
  };
}
