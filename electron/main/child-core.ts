import { spawn } from 'node:child_process';

import { createCheckedChannel } from '../rpc/checked-channel.ts';
import { createFramePump } from '../rpc/frame-pump.ts';
import { createMessagePortChannel } from '../rpc/message-port-channel.ts';
import { coreSaysSchema } from '../shared/contract/core-link.ts';
import { Listeners } from '../shared/domain/listeners.ts';
import type { CoreLauncher, CoreProcess } from './core-process.ts';

type Said = Parameters<Parameters<CoreProcess['onSaid']>[0]>[0];

const dataOf = (event: unknown): unknown => (event as { data: unknown }).data;

/**
 * The core as a child of a given Node, for shells whose own Node is too old for the database driver (the tests'
 * stand-in). Its frames are pumped between Node's IPC and the window's port.
 */
export function childCoreLauncher(node: string, entry: string): CoreLauncher {
  return (start) => {
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', entry], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    const said = new Listeners<Said>();
    const exits = new Listeners<number>();
    const send = (message: object): void => {
      // A message to a child that is just ending is lost, as it is with a port.
      if (child.connected) child.send(message, () => undefined);
    };
    const pump = createFramePump(send);
    let nextId = 1;
    const open: CoreProcess['open'] = (role) => {
      const id = nextId++;
      const channel = pump.channel(id);
      send({ kind: 'channel', role, id });
      return channel;
    };
    child.on('message', (message: unknown) => {
      const parsed = coreSaysSchema.safeParse(message);
      if (!parsed.success) return;
      const { data } = parsed;
      if (data.kind === 'frame' || data.kind === 'closed') pump.receive(data);
      else said.emit(data);
    });
    // A child that could not be started has no exit of its own.
    child.on('error', () => exits.emit(-1));
    child.on('exit', (code) => {
      try {
        pump.dispose();
      } finally {
        exits.emit(code ?? -1);
      }
    });
    send({ kind: 'start', ...start });
    return {
      pid: child.pid,
      open,
      hand: (port) => {
        const far = open('page');
        // Node's IPC gives up, and the process with it, over nesting that a port carries.
        const near = createCheckedChannel(createMessagePortChannel(port, dataOf));
        near.onMessage((frame) => far.send(frame));
        far.onMessage((frame) => near.send(frame));
        near.onClose(() => far.close());
        far.onClose(() => near.close());
      },
      order: send,
      onSaid: (listener) => said.add(listener),
      onExit: (listener) => exits.add(listener),
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
