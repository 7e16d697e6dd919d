import { MessageChannelMain, utilityProcess } from 'electron';

import { createMessagePortChannel } from '../rpc/message-port-channel.ts';
import { coreSaysSchema } from '../shared/contract/core-link.ts';
import { Listeners } from '../shared/domain/listeners.ts';
import type { CoreLauncher, CoreProcess } from './core-process.ts';

type Said = Parameters<Parameters<CoreProcess['onSaid']>[0]>[0];

const dataOf = (event: unknown): unknown => (event as { data: unknown }).data;

/** The product's way: the core in a utility process, every channel a message port. */
export function utilityCoreLauncher(entry: string): CoreLauncher {
  return (start) => {
    const child = utilityProcess.fork(entry, [], {
      serviceName: 'Legal Eagle Studio core',
      stdio: 'inherit',
    });
    const said = new Listeners<Said>();
    const exits = new Listeners<number>();
    child.on('message', (message: unknown) => {
      const parsed = coreSaysSchema.safeParse(message);
      if (!parsed.success) return;
      if (parsed.data.kind === 'ready' || parsed.data.kind === 'failed') said.emit(parsed.data);
    });
    child.on('exit', (code) => exits.emit(code));
    child.postMessage({ kind: 'start', ...start });
    return {
      get pid() {
        return child.pid;
      },
      open: (role) => {
        const { port1, port2 } = new MessageChannelMain();
        child.postMessage({ kind: 'channel', role }, [port1]);
        return createMessagePortChannel(port2, dataOf);
      },
      hand: (port) => child.postMessage({ kind: 'channel', role: 'page' }, [port]),
      order: (order) => child.postMessage(order),
      onSaid: (listener) => said.add(listener),
      onExit: (listener) => exits.add(listener),
      kill: () => void child.kill(),
    };
  };
}
