import type { IncomingMessage } from 'node:http';

export type BodyDeadline = Readonly<{
  /** Ends the connection where the body of the request has not come whole in time. */
  watch(request: IncomingMessage): void;
  /** This request may take as long as it needs. */
  release(request: IncomingMessage): void;
}>;

/**
 * A body that comes a byte a minute would hold its connection for ever: Node's own limit covers uploads too, which
 * may take hours, so it stays off and this takes its place.
 */
export function createBodyDeadline(requestMs: number): BodyDeadline {
  const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();
  return {
    watch: (request) => {
      if (request.complete) return;
      const timer = setTimeout(() => {
        if (!request.complete) request.socket.destroy();
      }, requestMs);
      timer.unref();
      timers.set(request, timer);
      request.once('close', () => clearTimeout(timer));
    },
    release: (request) => clearTimeout(timers.get(request)),
  };
}
