import { desktopBridge } from './desktop-bridge.ts';
import { useCall } from './hooks.ts';
import { studio } from './studio-client.ts';

/** The clipboard through the shell: its pages may not touch it themselves. Undefined in a browser. */
export const copyTextNatively: ((text: string) => Promise<unknown>) | undefined =
  desktopBridge === undefined ? undefined : (text) => studio.client.call('host.copyText', { text });

/** Opens an address outside; the desktop app asks first. Rejects with `host.address_refused`. */
export async function openAddress(address: string): Promise<void> {
  if (desktopBridge === undefined) window.open(address, '_blank', 'noopener,noreferrer');
  else await studio.client.call('host.openExternal', { url: address });
}

export type SavePathQuestion = Readonly<{
  title: string;
  /** Offered name of the file. */
  name: string;
  extension: string;
}>;

/**
 * The system's dialog for a new file of this machine; answers undefined where the person closed it. Undefined in a
 * browser, which chooses a folder of the rig.
 */
export const chooseSavePathNatively:
  ((question: SavePathQuestion) => Promise<string | undefined>) | undefined =
  desktopBridge === undefined
    ? undefined
    : async ({ title, name, extension }) => {
        const kinds = [{ name: extension.toUpperCase(), extensions: [extension] }];
        return (await studio.client.call('host.chooseSavePath', { title, name, kinds })).path;
      };

const reveal = (path: string): Promise<unknown> => studio.client.call('host.reveal', { path });

/** Shows a file in the system's file manager; undefined where no window can be opened on the rig. */
export function useReveal(): ((path: string) => Promise<unknown>) | undefined {
  const capabilities = useCall('app.capabilities', {}, { staleMs: Number.POSITIVE_INFINITY });
  return capabilities.data?.revealInFolder.available === true ? reveal : undefined;
}
