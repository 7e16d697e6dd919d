import type { App } from 'electron';

/** A graphics process that dies again is broken on this machine; hybrid cards do that. */
const MOST_CRASHES = 2;

/** Calls `giveUp` once, when the graphics process has crashed twice in this life of the app. */
export function watchGraphics(app: App, giveUp: (reason: string) => void): void {
  let crashes = 0;
  app.on('child-process-gone', (_event, details) => {
    if (details.type !== 'GPU' || details.reason === 'clean-exit') return;
    crashes += 1;
    if (crashes === MOST_CRASHES) giveUp(details.reason);
  });
}
