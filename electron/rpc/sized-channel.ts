import { MAX_FRAME_BYTES } from '../shared/contract/frames.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';

/** Cost of a value besides its text: a flood of empty objects is a flood too. */
const VALUE_COST = 8;

/** Whether a value costs at most `budget`, counted in UTF-16 units and values; stops counting at the limit. */
function fits(value: unknown, budget: number): boolean {
  let left = budget;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    left -= VALUE_COST;
    if (typeof next === 'string') left -= next.length;
    else if (ArrayBuffer.isView(next) || next instanceof ArrayBuffer) left -= next.byteLength;
    else if (Array.isArray(next)) {
      if (next.length * VALUE_COST > left) return false;
      open.push(...(next as unknown[]));
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, entry] of Object.entries(next)) {
        left -= key.length;
        open.push(entry);
        if (left < 0) return false;
      }
    }
    if (left < 0) return false;
  }
  return true;
}

/**
 * A channel whose far end is not trusted with sizes: what is larger than a frame may be is dropped and the channel
 * closed, as the WebSocket does with its own limit.
 */
export function createSizedChannel(channel: FrameChannel, maxCost: number = MAX_FRAME_BYTES): FrameChannel {
  return {
    ...channel,
    onMessage: (listener) =>
      channel.onMessage((message) => {
        if (fits(message, maxCost)) listener(message);
        else channel.close();
      }),
  };
}
