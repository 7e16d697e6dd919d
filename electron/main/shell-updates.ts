import { existsSync } from 'node:fs';
import path from 'node:path';

import { dialog, type App, type BrowserWindow } from 'electron';

import { isLive, RUN_STATES } from '../shared/domain/run-state.ts';
import { AppUpdates } from './app-updates.ts';
import type { CoreKeeper } from './core-keeper.ts';
import { loadElectronUpdater } from './electron-updates.ts';
import type { ShellLog } from './shell-log.ts';
import type { ShellWords } from './shell-words.ts';

/** The builder writes this file where the package was built with an address for updates. */
const hasFeed = (): boolean => existsSync(path.join(process.resourcesPath, 'app-update.yml'));

/** Why this app cannot update itself; undefined where it can. */
export function whyNoUpdates(app: App): string | undefined {
  if (!app.isPackaged) return 'not an installed app';
  return hasFeed() ? undefined : 'built without an address for updates';
}

export type ShellUpdatesOptions = Readonly<{
  app: App;
  keeper: CoreKeeper;
  words: ShellWords;
  window: () => BrowserWindow | undefined;
  log: ShellLog;
}>;

/** The app's updates as the shell has them: facts from the core, questions in the person's language. */
export function createShellUpdates({ app, keeper, words, window, log }: ShellUpdatesOptions): AppUpdates {
  return new AppUpdates({
    loadUpdater: () => loadElectronUpdater(log),
    noteFile: path.join(app.getPath('userData'), 'update.json'),
    isPackaged: app.isPackaged,
    hasFeed: hasFeed(),
    current: app.getVersion(),
    facts: async () => {
      const { airGap } = await keeper.client.call('settings.get', {});
      const { total } = await keeper.client.call('runs.list', {
        states: RUN_STATES.filter(isLive),
        limit: 1,
      });
      return { airGap, liveRuns: total };
    },
    ask: async (version) => {
      const question = {
        type: 'question' as const,
        message: words('updateReady', { version }),
        detail: words('updateDetail'),
        buttons: [words('installNow'), words('later')],
        defaultId: 0,
        cancelId: 1,
        noLink: true,
      };
      const owner = window();
      const { response } = await (owner === undefined
        ? dialog.showMessageBox(question)
        : dialog.showMessageBox(owner, question));
      return response === 0;
    },
    endCore: () => keeper.end(),
    relaunch: () => {
      app.relaunch();
      app.quit();
    },
    log,
  });
}
