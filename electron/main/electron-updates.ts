import type { ShellLog } from './shell-log.ts';
import type { Updater } from './app-updates.ts';

/** The updater of this system: the installer's own signature and the feed's digest are checked before anything runs. */
export async function loadElectronUpdater(log: ShellLog): Promise<Updater> {
  // Loaded only where updates are on; it brings a fifth of the shell's code.
  const { autoUpdater } = await import('electron-updater');
  autoUpdater.autoDownload = false;
  autoUpdater.autoInstallOnAppQuit = false;
  autoUpdater.allowDowngrade = false;
  autoUpdater.logger = null;
  autoUpdater.on('error', (error) => log('the updater failed', { error: error.message }));
  return {
    fetch: async () => {
      const found = await autoUpdater.checkForUpdates();
      if (found?.isUpdateAvailable !== true) return undefined;
      await autoUpdater.downloadUpdate();
      return found.updateInfo.version;
    },
    install: () => {
      let hasFailed = false;
      autoUpdater.once('error', () => (hasFailed = true));
      autoUpdater.quitAndInstall(false, true);
      return !hasFailed;
    },
  };
}
