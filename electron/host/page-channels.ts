import type { FrameChannel } from '../shared/contract/frame-channel.ts';

/** A page needs one; a reload overlaps with its former self for a moment. */
const MOST_CHANNELS = 16;

/** Keeps the newest channels of the pages: one that asks for port after port gets the older ones closed. */
export function createPageChannels(most: number = MOST_CHANNELS): (channel: FrameChannel) => void {
  const open = new Set<FrameChannel>();
  return (channel) => {
    open.add(channel);
    channel.onClose(() => open.delete(channel));
    const [oldest] = open;
    if (open.size <= most || oldest === undefined) return;
    open.delete(oldest);
    oldest.close();
  };
}
