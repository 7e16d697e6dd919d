import type { Serializable } from 'node:child_process';

import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';

type Fork = Readonly<{
  connected: boolean;
  on: (event: 'message', listener: (message: unknown) => void) => unknown;
  off: (event: 'disconnect' | 'message', listener: (message: unknown) => void) => unknown;
  once: (event: 'disconnect', listener: () => void) => unknown;
  send?: ((message: Serializable, then: () => void) => boolean) | undefined;
  disconnect: () => void;
}>;

/** Frames over what Node puts between a process and its fork; either end. What is no frame is left alone. */
export function forkChannel(fork: Fork): FrameChannel {
  return {
    send: (frame) => {
      if (fork.connected) fork.send?.(frame as Serializable, () => undefined);
    },
    onMessage: (listener) => {
      const hear = (message: unknown): void => {
        if (typeof message === 'object') listener(message);
      };
      fork.on('message', hear);
      return { dispose: () => void fork.off('message', hear) };
    },
    onClose: (listener) => {
      fork.once('disconnect', listener);
      return { dispose: () => void fork.off('disconnect', listener) };
    },
    close: () => {
      if (fork.connected) fork.disconnect();
    },
  };
}
