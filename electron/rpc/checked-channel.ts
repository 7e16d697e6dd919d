import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import type { ServerFrame } from '../shared/contract/frames.ts';
import { StudioError, toErrorBody } from '../shared/contract/studio-error.ts';
import { frameFault, type FrameFault } from './frame-fault.ts';

/** The refusal of a message; undefined where it has no number to answer to. */
export function refusalOf(message: unknown, code: FrameFault): ServerFrame | undefined {
  const id: unknown =
    typeof message === 'object' && message !== null && 'id' in message ? message.id : undefined;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) return undefined;
  return { k: 'res', id, ok: false, error: { ...toErrorBody(new StudioError(code)) } };
}

/** A channel whose far end is not trusted: what can be no frame is refused here and goes no further. */
export function createCheckedChannel(
  channel: FrameChannel,
  onRefused?: (code: FrameFault) => void,
): FrameChannel {
  return {
    ...channel,
    onMessage: (listener) =>
      channel.onMessage((message) => {
        const fault = frameFault(message);
        if (fault === undefined) {
          listener(message);
          return;
        }
        onRefused?.(fault);
        const refusal = refusalOf(message, fault);
        if (refusal !== undefined) channel.send(refusal);
      }),
  };
}
