/**
 * A preload script besides the studio's own, for the test: what a renderer that was taken over could say to the main
 * process, past the bridge.
 */
import { contextBridge, ipcRenderer } from 'electron';

import { hostileFrames } from '../../helpers/hostile-frames.ts';

contextBridge.exposeInMainWorld('rawIpc', {
  /** Resolves to how many were sent; `invoke` waits for the outcome of each. */
  flood: async (channel: string, kind: 'send' | 'invoke', seed: number, count: number): Promise<number> => {
    let sent = 0;
    for (const value of hostileFrames({ seed, count, methods: ['app.info'] })) {
      try {
        if (kind === 'send') ipcRenderer.send(channel, value);
        else await ipcRenderer.invoke(channel, value).catch(() => undefined);
        sent += 1;
      } catch {
        // What cannot be cloned is not sent.
      }
    }
    return sent;
  },
  /** The same for texts that look like paths. */
  offer: async (channel: string, paths: readonly string[]): Promise<void> => {
    for (const path of paths) await ipcRenderer.invoke(channel, path).catch(() => undefined);
  },
});
