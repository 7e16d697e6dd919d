/** Loaded into the running shell: starts the toy's process as the shell starts the core, and hands it ports. */
import { MessageChannelMain, type WebContents } from 'electron';

import { utilityCoreLauncher } from '../../../electron/main/utility-core.ts';
import { createRpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import type { TOY_CONTROL } from './toy-control.ts';

export type ToyProcess = Readonly<{
  /** One more port for the page, sent as the shell sends that of the core. */
  connect(page: WebContents): void;
  bump(times: number): Promise<void>;
  defects(): Promise<readonly string[]>;
  /** Resolves when the process has ended. */
  close(): Promise<void>;
}>;

export function startToy(entry: string): ToyProcess {
  const core = utilityCoreLauncher(entry)({ grants: [] });
  const control = createRpcClient<typeof TOY_CONTROL>();
  control.attach(core.open('shell'));
  return {
    connect: (page) => {
      const { port1, port2 } = new MessageChannelMain();
      core.hand(port1);
      page.postMessage('studio:port', undefined, [port2]);
    },
    bump: async (times) => {
      await control.call('control.bump', { times });
    },
    defects: async () => (await control.call('control.defects', {})).methods,
    close: () =>
      new Promise((resolve) => {
        core.onExit(() => resolve());
        core.kill();
      }),
  };
}
