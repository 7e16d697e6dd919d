import type { Disposable } from './disposable.ts';

/** One end of a transport. What arrives is unknown until the reader has parsed it. */
export type FrameChannel = {
  /** Never throws; a frame sent after closing is dropped. */
  send(frame: unknown): void;
  onMessage(listener: (message: unknown) => void): Disposable;
  onClose(listener: () => void): Disposable;
  close(): void;
};
