import { BrowserWindow, screen } from 'electron';

import { APP_PAGE } from './app-address.ts';
import { placeWindow, readWindowState, SMALLEST_WINDOW, writeWindowState } from './window-state.ts';

/** A page that fails this often in a row is left with the error it shows. */
const MOST_RELOADS = 3;
const RELOADS_WINDOW_MS = 60_000;
/** Moving a window fires at every pixel. */
const STATE_DELAY_MS = 400;

export type StudioWindowOptions = Readonly<{
  preload: string;
  stateFile: string;
  icon: string | undefined;
  /** Asked before the window closes; false keeps it open. */
  mayClose: (window: BrowserWindow) => boolean;
  onLog: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}>;

/** The studio's window: sandboxed, where it last was, reloaded when its page dies. */
export function openStudioWindow(options: StudioWindowOptions): BrowserWindow {
  const areas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea);
  const place = placeWindow(readWindowState(options.stateFile), areas);
  const window = new BrowserWindow({
    ...place.bounds,
    minWidth: SMALLEST_WINDOW.width,
    minHeight: SMALLEST_WINDOW.height,
    show: false,
    title: 'Legal Eagle Studio',
    ...(options.icon === undefined ? {} : { icon: options.icon }),
    webPreferences: {
      preload: options.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  if (place.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  rememberPlace(window, options.stateFile);
  reloadWhenGone(window, options.onLog);
  window.on('close', (event) => {
    if (!options.mayClose(window)) event.preventDefault();
  });
  void window.loadURL(APP_PAGE);
  return window;
}

function rememberPlace(window: BrowserWindow, file: string): void {
  let timer: NodeJS.Timeout | undefined;
  const keep = (): void => {
    clearTimeout(timer);
    if (window.isDestroyed() || window.isMinimized()) return;
    try {
      writeWindowState(file, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
    } catch {
      // A place that cannot be kept is no reason to disturb anybody.
    }
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(keep, STATE_DELAY_MS);
  };
  for (const event of ['resize', 'move', 'maximize', 'unmaximize'] as const)
    (window.on as (name: string, listener: () => void) => unknown).call(window, event, soon);
  window.on('close', keep);
}

function reloadWhenGone(window: BrowserWindow, onLog: StudioWindowOptions['onLog']): void {
  const reloadedAtMs: number[] = [];
  window.webContents.on('render-process-gone', (_event, details) => {
    onLog('the page ended', { reason: details.reason, exitCode: details.exitCode });
    if (details.reason === 'clean-exit' || window.isDestroyed()) return;
    const nowMs = Date.now();
    reloadedAtMs.push(nowMs);
    if (reloadedAtMs.filter((atMs) => nowMs - atMs < RELOADS_WINDOW_MS).length <= MOST_RELOADS)
      window.webContents.reload();
  });
}
