/** Loaded into the page: the page's own channel over a port, for a test that speaks from outside. */
import { createPortChannel } from '../../../renderer/api/port-channel.ts';
import type { FrameChannel } from '../../../electron/shared/contract/frame-channel.ts';

type PageWindow = Readonly<{
  nextPort: () => Promise<MessagePort>;
  frameArrived: (channel: number, frame: unknown) => void;
  channelClosed: (channel: number) => void;
}>;

export type PageEnd = Readonly<{
  /** Will take the next port that the shell sends. */
  expect(id: number): void;
  /** Resolves when the port is there. */
  opened(id: number): Promise<void>;
  send(id: number, frame: unknown): void;
  close(id: number): void;
}>;

const page = window as unknown as PageWindow;
const channels = new Map<number, FrameChannel>();
const opening = new Map<number, Promise<void>>();

async function open(id: number): Promise<void> {
  const channel = createPortChannel(await page.nextPort());
  channels.set(id, channel);
  channel.onMessage((frame) => page.frameArrived(id, frame));
  channel.onClose(() => page.channelClosed(id));
}

(window as unknown as { pageEnd: PageEnd }).pageEnd = {
  expect: (id) => void opening.set(id, open(id)),
  opened: (id) => opening.get(id) ?? Promise.reject(new Error('nobody expects it')),
  send: (id, frame) => channels.get(id)?.send(frame),
  close: (id) => channels.get(id)?.close(),
};
