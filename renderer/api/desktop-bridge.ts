import type { Disposable } from '../../electron/shared/contract/disposable.ts';
import type { FrameChannel } from '../../electron/shared/contract/frame-channel.ts';
import { errorBodySchema, fromErrorBody, StudioError } from '../../electron/shared/contract/studio-error.ts';
import { createPortChannel } from './port-channel.ts';

/** What the desktop app's preload script offers to the page. */
export type DesktopBridge = Readonly<{
  /** Asks for a port to the core; it comes as a `studio:port` message, as does that of every later core. */
  connect(): void;
  /** The path of a file of the person's, which the core may read from then on; empty where it has none. */
  grantFile(file: File): Promise<string>;
}>;

/** Undefined in a browser. */
export const desktopBridge: DesktopBridge | undefined = (
  window as unknown as { studio?: DesktopBridge | undefined }
).studio;

export type DesktopEvents = Readonly<{
  onCore: (channel: FrameChannel) => void;
  onLost: (error: StudioError) => void;
  onShow: (route: string) => void;
}>;

/** Listens to the shell. Only messages of this very window and origin count; a frame cannot fake one. */
export function listenToShell(events: Partial<DesktopEvents>): Disposable {
  const receive = (event: MessageEvent<unknown>): void => {
    if (event.source !== window || event.origin !== window.location.origin) return;
    const [port] = event.ports;
    if (event.data === 'studio:port') {
      if (port !== undefined) events.onCore?.(createPortChannel(port));
      return;
    }
    const message = event.data as Readonly<{ kind?: unknown; error?: unknown; route?: unknown }> | null;
    if (message?.kind === 'studio:lost') {
      const parsed = errorBodySchema.safeParse(message.error);
      events.onLost?.(parsed.success ? fromErrorBody(parsed.data) : new StudioError('core.disconnected'));
    } else if (message?.kind === 'studio:show' && typeof message.route === 'string') {
      events.onShow?.(message.route);
    }
  };
  window.addEventListener('message', receive);
  return { dispose: () => window.removeEventListener('message', receive) };
}
