import type { Disposable } from '../shared/contract/disposable.ts';
import type { ChannelRole, CoreSays, ShellSays } from '../shared/contract/core-link.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';

/** The core's end of its link to the shell, whatever carries it. */
export type CoreEnd = Readonly<{
  say(message: CoreSays): void;
  onChannel(listener: (role: ChannelRole, channel: FrameChannel) => void): Disposable;
  /** Everything besides channels and their frames. */
  onOrder(listener: (order: Extract<ShellSays, { kind: 'start' | 'grant' | 'end' }>) => void): Disposable;
}>;
