import type { MessagePortMain } from 'electron';

import type { ChannelRole, CoreSays, CoreStart, ShellSays } from '../shared/contract/core-link.ts';
import type { Disposable } from '../shared/contract/disposable.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';

/** One life of the core's process, whatever runs it. */
export type CoreProcess = Readonly<{
  pid: number | undefined;
  /** A channel between this process and the core; the near end. */
  open(role: ChannelRole): FrameChannel;
  /** Gives a window's port to the core. */
  hand(port: MessagePortMain): void;
  order(order: Extract<ShellSays, { kind: 'grant' | 'end' }>): void;
  onSaid(listener: (said: Extract<CoreSays, { kind: 'ready' | 'failed' }>) => void): Disposable;
  onExit(listener: (exitCode: number) => void): Disposable;
  kill(): void;
}>;

export type CoreLauncher = (start: CoreStart) => CoreProcess;
