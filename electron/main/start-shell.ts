import { existsSync } from 'node:fs';
import path from 'node:path';

import type { BrowserWindow } from 'electron';
import { dialog, MessageChannelMain, safeStorage, session, shell, type App } from 'electron';

import type { Settings } from '../shared/contract/methods/settings.ts';
import { describeError } from '../shared/contract/errors/index.ts';
import { StudioError, toErrorBody } from '../shared/contract/studio-error.ts';
import { APP_ORIGIN } from './app-address.ts';
import { serveAppScheme } from './app-scheme.ts';
import { setAppMenu } from './app-menu.ts';
import type { AppUpdates } from './app-updates.ts';
import { childCoreLauncher } from './child-core.ts';
import { CoreKeeper, type CoreState } from './core-keeper.ts';
import { followSettings } from './follow-settings.ts';
import { watchGraphics } from './graphics-crashes.ts';
import { hardenContents, hardenSession } from './harden-session.ts';
import { serveHost } from './host-service.ts';
import { keyringHandlers } from './keyring.ts';
import { LiveRuns } from './live-runs.ts';
import { QueueWatch } from './queue-watch.ts';
import { askHowToQuit, stopForQuit } from './quit-with-runs.ts';
import { RunPresence } from './run-presence.ts';
import { createOnceLog } from './log-once.ts';
import { listenToPages } from './page-messages.ts';
import { isSandboxTaken } from './sandbox-taken.ts';
import type { ShellLog } from './shell-log.ts';
import { createShellHandlers, shellMemoryFile } from './shell-handlers.ts';
import { readShellMemory, writeShellMemory } from './shell-memory.ts';
import { shellPaths, type ShellPaths } from './shell-paths.ts';
import { createShellUpdates, whyNoUpdates } from './shell-updates.ts';
import { shellWords, type ShellLanguage, type ShellWords } from './shell-words.ts';
import { offerEditMenu } from './edit-menu.ts';
import { openStudioWindow } from './studio-window.ts';
import { utilityCoreLauncher } from './utility-core.ts';

/** Windows of an app that ends close within this; then it ends without them. */
const CLOSE_PATIENCE_MS = 8000;

/** Puts the shell together; returns at once, everything else follows the app's events. */
export function startShell(app: App, log: ShellLog): void {
  const memoryFile = shellMemoryFile(app);
  const memory = readShellMemory(memoryFile);
  if (memory.acceleration !== 'auto') app.disableHardwareAcceleration();
  const logOnce = createOnceLog(log);
  process.on('uncaughtException', (error) =>
    logOnce(String(error.stack), 'a defect of the shell', { error: error.stack }),
  );
  const paths = shellPaths(import.meta.dirname, process.resourcesPath);
  hardenContents(app, (url) => url.startsWith(`${APP_ORIGIN}/`));
  let studio: DesktopShell | undefined;
  watchGraphics(app, (reason) => {
    log('the graphics process crashed twice', { reason });
    // Where the processor draws already, opening again would change nothing, for ever.
    if (memory.acceleration !== 'auto' || studio === undefined) return;
    writeShellMemory(memoryFile, { ...readShellMemory(memoryFile), acceleration: 'failed' });
    void studio.relaunch();
  });
  app.on('window-all-closed', () => app.quit());
  void app
    .whenReady()
    .then(() => {
      studio = new DesktopShell(app, paths, log);
      studio.start();
    })
    .catch((error: unknown) => {
      log('the shell could not start', { error: error instanceof Error ? error.stack : String(error) });
      const text = describeError(toErrorBody(error), app.getLocale().startsWith('zh') ? 'zh' : 'en');
      dialog.showErrorBox(text.message, `${text.cause}\n\n${text.action}`);
      app.exit(1);
    });
}

class DesktopShell {
  readonly #app: App;
  readonly #paths: ShellPaths;
  readonly #log: ShellLog;
  readonly #keeper: CoreKeeper;
  readonly #live: LiveRuns;
  readonly #queue: QueueWatch;
  readonly #words: ShellWords;
  readonly #updates: AppUpdates;
  #language: ShellLanguage;
  #window: BrowserWindow | undefined;
  #presence: RunPresence | undefined;
  /** What the person chose or dropped in this life of the app; a core that is started again learns it. */
  readonly #granted = new Set<string>();
  /** Whether the page as it stands has asked for the core. */
  #isPageListening = false;
  /** Whether the question about live runs stands open now. */
  #isAskingToQuit = false;
  #mayQuit = false;

  constructor(app: App, paths: ShellPaths, log: ShellLog) {
    this.#app = app;
    this.#paths = paths;
    this.#log = log;
    this.#language = this.#systemLanguage();
    this.#words = shellWords(() => this.#language);
    const ownHandlers = createShellHandlers(app, () => void this.relaunch());
    // For the tests' stand-in of Electron, whose own Node is too old for the database driver.
    const node = process.env['LEGAL_EAGLE_CORE_NODE'];
    this.#keeper = new CoreKeeper({
      launch:
        node === undefined || app.isPackaged
          ? utilityCoreLauncher(paths.core)
          : childCoreLauncher(node, paths.core),
      start: () => ({ root: paths.root, grants: [...this.#granted], noUpdates: whyNoUpdates(app) }),
      serveHost: (channel) =>
        serveHost(channel, {
          window: () => this.#window,
          words: this.#words,
          grant: (granted) => this.#grant(granted),
          keyring: keyringHandlers(safeStorage, process.platform),
          shell: ownHandlers,
          onDefect: (error, method) => log('a method of the shell failed', { method, error: String(error) }),
        }),
      nowMs: Date.now,
    });
    this.#live = new LiveRuns(this.#keeper.client);
    this.#queue = new QueueWatch(this.#keeper.client);
    followSettings(this.#keeper.client, ({ language }) => this.#setLanguage(language));
    this.#updates = createShellUpdates({
      app,
      keeper: this.#keeper,
      words: this.#words,
      window: () => this.#window,
      log,
    });
  }

  /** Throws `host.no_sandbox` or `host.pages_missing`. */
  start(): void {
    if (isSandboxTaken(process.env, process.argv)) throw new StudioError('host.no_sandbox');
    if (!existsSync(path.join(this.#paths.pagesDir, 'index.html')))
      throw new StudioError('host.pages_missing');
    hardenSession(session.defaultSession);
    serveAppScheme(session.defaultSession, this.#paths.pagesDir);
    listenToPages({
      isOwn: (id) => this.#window?.webContents.id === id,
      connect: () => {
        this.#isPageListening = true;
        this.#connectPage();
      },
      grant: (chosen) => this.#grant(chosen),
      logOnce: createOnceLog(this.#log),
      nowMs: Date.now,
    });
    this.#keeper.onChange((state) => this.#onCore(state));
    this.#keeper.start();
    this.#openWindow();
    this.#presence = new RunPresence({
      live: this.#live,
      queue: this.#queue,
      language: () => this.#language,
      words: this.#words,
      trayIcon: this.#paths.trayIcon,
      show: (route) => this.#show(route),
      isWatched: () => this.#window?.isFocused() ?? false,
      quit: () => this.#app.quit(),
    });
    this.#setMenu();
    // What the other start was asked to do is not looked at: any program of this user can ask.
    this.#app.on('second-instance', (_event, commandArguments) => {
      this.#log('another start came forward', { arguments: commandArguments.length });
      this.#show();
    });
    this.#app.on('activate', () => this.#show());
    this.#app.on('before-quit', (event) => {
      if (this.#mayQuit) return;
      event.preventDefault();
      void this.#quit();
    });
  }

  #systemLanguage(): ShellLanguage {
    return this.#app.getLocale().startsWith('zh') ? 'zh-CN' : 'en';
  }

  #openWindow(): void {
    this.#window = openStudioWindow({
      preload: this.#paths.preload,
      stateFile: path.join(this.#app.getPath('userData'), 'window.json'),
      icon: this.#paths.icon,
      mayClose: () => {
        // Closing the window is quitting, with the same question.
        if (!this.#mayQuit) void this.#quit();
        return this.#mayQuit;
      },
      onLog: this.#log,
    });
    // The next page asks for itself.
    this.#window.webContents.on('did-navigate', () => (this.#isPageListening = false));
    offerEditMenu(this.#window, this.#words);
  }

  /** Brings the window forward, on a route where one is given. */
  #show(route?: string): void {
    const window = this.#window;
    if (window === undefined || window.isDestroyed()) return;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    if (route !== undefined) window.webContents.send('studio:show', route);
  }

  #grant(chosen: string): void {
    this.#granted.add(chosen);
    this.#keeper.process?.order({ kind: 'grant', path: chosen });
  }

  #connectPage(): void {
    const core = this.#keeper.process;
    if (core === undefined || this.#window === undefined) return;
    const { port1, port2 } = new MessageChannelMain();
    core.hand(port1);
    this.#window.webContents.postMessage('studio:port', undefined, [port2]);
  }

  #onCore(state: CoreState): void {
    this.#log('core', { ...state, ...(state.state === 'failed' ? { error: toErrorBody(state.error) } : {}) });
    switch (state.state) {
      case 'starting':
        // A page that is already there goes on with the new core.
        if (this.#isPageListening) this.#connectPage();
        return;
      case 'ready':
        void this.#updates.start();
        return;
      case 'failed':
        this.#window?.webContents.send('studio:lost', toErrorBody(state.error));
        if (!state.restarts) void this.#sayWhy(state.error);
        return;
      case 'ended':
    }
  }

  #setLanguage(language: Settings['language']): void {
    const wanted = language === 'auto' ? this.#systemLanguage() : language;
    if (wanted === this.#language) return;
    this.#language = wanted;
    this.#setMenu();
    this.#presence?.refresh();
  }

  /** A core that cannot start leaves a page that can say nothing. */
  async #sayWhy(error: StudioError): Promise<void> {
    const text = describeError(error, this.#language === 'zh-CN' ? 'zh' : 'en');
    await dialog.showMessageBox({
      type: 'error',
      message: text.message,
      detail: `${text.cause}\n\n${text.action}\n\n${error.code}`,
    });
    this.#mayQuit = true;
    this.#app.quit();
  }

  #setMenu(): void {
    setAppMenu(this.#words, {
      show: (route) => this.#show(route),
      openDataFolder: () => {
        const { state } = this.#keeper;
        if (state.state === 'ready') void shell.openPath(state.home);
      },
      showLog: () => shell.showItemInFolder(path.join(this.#app.getPath('userData'), 'shell.log')),
      isPackaged: this.#app.isPackaged,
    });
  }

  /** The app opens again by itself; live runs go on and nobody is asked. */
  async relaunch(): Promise<void> {
    this.#app.relaunch();
    await this.#end();
  }

  async #quit(): Promise<void> {
    if (this.#isAskingToQuit) return;
    const question = { runs: this.#live.all, waiting: this.#queue.waiting, words: this.#words };
    if (question.runs.length > 0) {
      this.#isAskingToQuit = true;
      const choice = await askHowToQuit(this.#window, question).finally(() => (this.#isAskingToQuit = false));
      if (choice === 'stay') return;
      if (choice !== 'keep-running') await stopForQuit(this.#keeper.client, choice, question);
    }
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#keeper.end();
    this.#mayQuit = true;
    this.#app.quit();
    // A page that hangs would keep its window, and the window the app. Nothing is left to save by now.
    setTimeout(() => {
      this.#log('the windows did not close', {});
      this.#app.exit(0);
    }, CLOSE_PATIENCE_MS).unref();
  }
}
