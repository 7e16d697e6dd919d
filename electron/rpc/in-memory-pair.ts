import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { Listeners } from '../shared/domain/listeners.ts';

/**
 * Two channels joined in one process. Frames pass through JSON, so that whatever would not survive a socket
 * does not survive here either, and arrive in a later microtask, so that nobody can rely on a synchronous answer.
 */
export function createInMemoryPair(): readonly [FrameChannel, FrameChannel] {
  let open = true;
  const ends = [0, 1].map(() => ({ messages: new Listeners<unknown>(), closes: new Listeners<undefined>() }));
  const close = (): void => {
    if (!open) return;
    open = false;
    queueMicrotask(() => ends.forEach((end) => end.closes.emit(undefined)));
  };
  const [left, right] = ends;
  if (left === undefined || right === undefined) throw new Error('a pair has two ends');
  const channel = (own: typeof left, other: typeof left): FrameChannel => ({
    send: (frame) => {
      if (!open) return;
      const text = JSON.stringify(frame);
      queueMicrotask(() => {
        if (open) other.messages.emit(JSON.parse(text));
      });
    },
    onMessage: (listener) => own.messages.add(listener),
    onClose: (listener) => own.closes.add(() => listener()),
    close,
  });
  return [channel(left, right), channel(right, left)];
}
