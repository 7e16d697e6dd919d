/** The only code between a page and the shell: forwards the port of the core, and the paths of dropped files. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';

type FileWithPath = File & { readonly path?: string };

/** Electron 29 moved the path from the file to `webUtils`; a file that a script made has none in either. */
const pathOf = (file: FileWithPath): string =>
  (webUtils as typeof webUtils | undefined)?.getPathForFile(file) ?? file.path ?? '';

contextBridge.exposeInMainWorld('studio', {
  /** Asks for the core; the answer, and that of every later core, is a `studio:port` message with a port. */
  connect: (): void => ipcRenderer.send('studio:connect'),
  /** The path of a file that the person dropped or chose, granted to the core; empty where it has none. */
  grantFile: async (file: File): Promise<string> => {
    const path = pathOf(file);
    if (path !== '') await ipcRenderer.invoke('studio:grant', path);
    return path;
  },
});

ipcRenderer.on('studio:port', (event) => {
  window.postMessage('studio:port', window.location.origin, [...event.ports]);
});
ipcRenderer.on('studio:lost', (_event, error: unknown) => {
  window.postMessage({ kind: 'studio:lost', error }, window.location.origin);
});
ipcRenderer.on('studio:show', (_event, route: unknown) => {
  window.postMessage({ kind: 'studio:show', route }, window.location.origin);
});
