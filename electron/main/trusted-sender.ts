import type { IpcMainEvent, IpcMainInvokeEvent, WebFrameMain } from 'electron';

import { APP_ORIGIN } from './app-address.ts';

type SenderFrame = WebFrameMain | null | undefined;

/** Electron 25 throws where later versions answer null. */
const frameOf = (event: IpcMainEvent | IpcMainInvokeEvent): SenderFrame => {
  try {
    return event.senderFrame;
  } catch {
    return undefined;
  }
};

/** Only the top frame of one of our windows, still showing our page, may speak to this process. */
export function isTrustedSender(
  event: IpcMainEvent | IpcMainInvokeEvent,
  isOwnWindow: (contentsId: number) => boolean,
): boolean {
  const frame = frameOf(event);
  if (frame === null || frame === undefined) return false;
  if (!isOwnWindow(event.sender.id)) return false;
  if (frame !== event.sender.mainFrame) return false;
  let origin: string;
  try {
    const { protocol, host } = new URL(frame.url);
    origin = `${protocol}//${host}`;
  } catch {
    return false;
  }
  return origin === APP_ORIGIN;
}
