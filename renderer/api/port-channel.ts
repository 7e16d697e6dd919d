import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { Listeners } from '../../electron/shared/domain/listeners.ts';

/** A channel over the page's end of a message port. */
export function createPortChannel(port: MessagePort): FrameChannel {
  const messages = new Listeners<unknown>();
  const closes = new Listeners<undefined>();
  let open = true;
  const closed = (): void => {
    if (!open) return;
    open = false;
    closes.emit(undefined);
  };
  port.addEventListener('message', (event: MessageEvent<unknown>) => messages.emit(event.data));
  // Older engines do not tell of a far end that is gone.
  port.addEventListener('close', closed);
  port.start();
  return {
    send: (frame) => {
      if (open) port.postMessage(frame);
    },
    onMessage: (listener) => messages.add(listener),
    onClose: (listener) => closes.add(() => listener()),
    close: () => {
      port.close();
      // No engine tells the end that closes.
      closed();
    },
  };
}
