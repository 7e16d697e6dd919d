import type { FrameChannel } from '../shared/contract/frame-channel.ts';

/** A page asks for some dozen things before the core stands; more is no page of ours. */
const MOST_HELD = 1000;

/**
 * A channel that keeps, in order, what arrives before anybody listens, and gives it to the first listener. A far end
 * that sends more than `mostHeld` frames into the void is cut off.
 */
export function createHeldChannel(channel: FrameChannel, mostHeld: number = MOST_HELD): FrameChannel {
  const held: unknown[] = [];
  let isOpen = true;
  channel.onClose(() => {
    isOpen = false;
    held.length = 0;
  });
  const holding = channel.onMessage((message) => {
    held.push(message);
    if (held.length <= mostHeld) return;
    held.length = 0;
    channel.close();
  });
  return {
    ...channel,
    onMessage: (listener) => {
      holding.dispose();
      const listening = channel.onMessage(listener);
      for (const message of held.splice(0)) listener(message);
      return listening;
    },
    onClose: (listener) => {
      // It may have closed while it waited; the listener hears of it all the same.
      if (!isOpen) queueMicrotask(listener);
      return channel.onClose(listener);
    },
  };
}
