import { existsSync } from 'node:fs';
import { normalize } from 'node:path';

import {
  clipboard,
  dialog,
  shell,
  type BrowserWindow,
  type OpenDialogOptions,
  type SaveDialogOptions,
} from 'electron';

import { createDispatcher } from '../rpc/dispatcher.ts';
import { serveChannel } from '../rpc/serve-channel.ts';
import { createTopicHub } from '../rpc/topic-hub.ts';
import { handlersFor, type HandlersFor } from '../shared/contract/define.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { SHELL_CONTRACT, type KeyringContract } from '../shared/contract/keyring-contract.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { TopicSource } from '../shared/contract/topic-source.ts';
import { allowedAddress } from './open-external.ts';
import type { createShellHandlers } from './shell-handlers.ts';
import type { ShellWords } from './shell-words.ts';

export type HostServiceOptions = Readonly<{
  window: () => BrowserWindow | undefined;
  words: ShellWords;
  /** The person chose this path: the core may use it from now on. */
  grant: (path: string) => void;
  keyring: HandlersFor<KeyringContract>;
  shell: ReturnType<typeof createShellHandlers>;
  onDefect: (error: unknown, method: string) => void;
}>;

/** The shell has nothing to follow; it answers only. */
const NO_TOPICS: TopicSource = {
  onEvent: () => ({ dispose: () => undefined }),
  snapshot: (topic) => {
    throw new StudioError('core.unknown_topic', { topic });
  },
};

/** Dialogs, the file manager, the browser and the keyring, for the core. */
export function serveHost(channel: FrameChannel, options: HostServiceOptions): void {
  const { window, words, grant } = options;
  const handlers = handlersFor(SHELL_CONTRACT)({
    ...options.keyring,
    ...options.shell,
    'host.chooseFiles': async ({ kind, multiple, title, kinds }) => {
      const request: OpenDialogOptions = {
        title,
        properties: [
          kind === 'folder' ? 'openDirectory' : 'openFile',
          ...(multiple ? (['multiSelections'] as const) : []),
          ...(kind === 'folder' ? (['createDirectory'] as const) : []),
        ],
        filters: [...kinds],
      };
      const owner = window();
      const { canceled, filePaths } = await (owner === undefined
        ? dialog.showOpenDialog(request)
        : dialog.showOpenDialog(owner, request));
      const paths = canceled ? [] : filePaths;
      for (const path of paths) grant(path);
      return { paths };
    },
    'host.chooseSavePath': async ({ title, name, kinds }) => {
      const request: SaveDialogOptions = { title, defaultPath: name, filters: [...kinds] };
      const owner = window();
      const { canceled, filePath } = await (owner === undefined
        ? dialog.showSaveDialog(request)
        : dialog.showSaveDialog(owner, request));
      // Older versions leave it undefined.
      const path = filePath as string | undefined;
      if (canceled || path === undefined || path === '') return {};
      grant(path);
      return { path };
    },
    'host.reveal': ({ path }) => {
      // The system's own call says nothing of a path that is gone.
      if (!existsSync(path)) throw new StudioError('host.path_missing', { path });
      shell.showItemInFolder(normalize(path));
      return {};
    },
    'host.copyText': async ({ text }) => {
      await clipboard.writeText(text);
      return {};
    },
    'host.openExternal': async ({ url }) => {
      const address = allowedAddress(url);
      if (address === undefined) throw new StudioError('host.address_refused', { url });
      const question = {
        type: 'question' as const,
        message: words('openAddress'),
        detail: address,
        buttons: [words('open'), words('cancel')],
        defaultId: 0,
        cancelId: 1,
        noLink: true,
      };
      const owner = window();
      const { response } = await (owner === undefined
        ? dialog.showMessageBox(question)
        : dialog.showMessageBox(owner, question));
      if (response !== 0) return { opened: false };
      await shell.openExternal(address);
      return { opened: true };
    },
  });
  serveChannel(channel, {
    dispatcher: createDispatcher(SHELL_CONTRACT, handlers),
    hub: createTopicHub(NO_TOPICS, Date.now),
    onDefect: options.onDefect,
  });
}
