import { fork } from 'node:child_process';
import { once } from 'node:events';
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

/** A core in a process of its own on a data folder; `temporary` is where it and its jobs put temporary files. */
export async function forkCore(home: string, temporary: string): Promise<ForkedCore> {
  const script = path.join(import.meta.dirname, 'forked-core-process.ts');
  const child = fork(script, [home], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    gone.then(([code, signal]) => {
      throw new Error(`the core ended with ${String(code ?? signal)} before it was open`);
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
