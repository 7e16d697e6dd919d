import path from 'node:path';

import { ipcMain } from 'electron';

import { createConnectAllowance } from './connect-allowance.ts';
import type { OnceLog } from './log-once.ts';
import { isTrustedSender } from './trusted-sender.ts';

/** Longest path of any system that the studio runs on. */
const MOST_PATH_LENGTH = 32_768;

export type PageMessageOptions = Readonly<{
  /** Whether these are the contents of one of our windows. */
  isOwn: (contentsId: number) => boolean;
  /** The page wants a port to the core. */
  connect: () => void;
  /** The person dropped or chose this path. */
  grant: (chosen: string) => void;
  logOnce: OnceLog;
  nowMs: () => number;
}>;

/** All that a page can say to this process. What comes from elsewhere, or is something else, is refused. */
export function listenToPages({ isOwn, connect, grant, logOnce, nowMs }: PageMessageOptions): void {
  const mayConnect = createConnectAllowance(nowMs);
  const refuse = (channel: string, reason: string): void =>
    logOnce(`${channel}: ${reason}`, 'a message was refused', { channel, reason });
  ipcMain.on('studio:connect', (event) => {
    if (!isTrustedSender(event, isOwn)) refuse('studio:connect', 'a foreign sender');
    else if (mayConnect()) connect();
    else refuse('studio:connect', 'too many');
  });
  ipcMain.handle('studio:grant', (event, offered: unknown) => {
    const isPath =
      typeof offered === 'string' && offered.length <= MOST_PATH_LENGTH && path.isAbsolute(offered);
    if (!isTrustedSender(event, isOwn)) refuse('studio:grant', 'a foreign sender');
    else if (isPath) grant(offered);
    else refuse('studio:grant', 'no path');
  });
}
