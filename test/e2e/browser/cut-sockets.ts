import type { Page } from 'playwright-core';

type CuttingWindow = Window & { cutSockets: () => number };

/** From its next load on, the page keeps hold of its sockets, so that a test can cut them. */
export async function keepSockets(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const sockets: WebSocket[] = [];
    const Native = window.WebSocket;
    window.WebSocket = class extends Native {
      constructor(address: string | URL) {
        super(address);
        sockets.push(this);
      }
    };
    (window as unknown as CuttingWindow).cutSockets = () => {
      const open = sockets.splice(0).filter((socket) => socket.readyState === WebSocket.OPEN);
      open.forEach((socket) => socket.close());
      return open.length;
    };
  });
}

/** Closes the open ones; returns how many there were. */
export function cutSockets(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as CuttingWindow).cutSockets());
}
