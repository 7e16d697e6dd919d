import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { z } from 'zod';

import { decideUpdate, type UpdateFacts } from './update-decision.ts';

/** Looks again this long after the last time. */
const LOOK_EVERY_MS = 6 * 3_600_000;

const waitingSchema = z.object({ version: z.string().max(100) });

/** What the updater of a system can do; a rejected promise is a failure of the network or of a signature. */
export type Updater = Readonly<{
  /** Downloads a newer version if there is one (at once where it lies in the cache); answers which. */
  fetch: () => Promise<string | undefined>;
  /** Starts the installer and ends the app; false where the installer did not start. */
  install: () => boolean;
}>;

export type AppUpdatesOptions = Readonly<{
  loadUpdater: () => Promise<Updater>;
  /** Where the downloaded version is noted for the next start. */
  noteFile: string;
  isPackaged: boolean;
  hasFeed: boolean;
  current: string;
  /** Asked anew before each step. */
  facts: () => Promise<Pick<UpdateFacts, 'airGap' | 'liveRuns'>>;
  /** Whether the person wants this version installed now. */
  ask: (version: string) => Promise<boolean>;
  /** Ends the core in order, so that nothing of the installed files is in use and no run can start. */
  endCore: () => Promise<void>;
  /** Starts the app anew, whose core has ended for an installer that did not start. */
  relaunch: () => void;
  log: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}>;

/** Keeps the app up to date: downloads while it runs, installs at its next start, never while a run lives. */
export class AppUpdates {
  readonly #options: AppUpdatesOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AppUpdatesOptions) {
    this.#options = options;
  }

  /** Once the core answers: the step of the launch, then a look from time to time. */
  async start(): Promise<void> {
    // A core that was started again is no start of the app.
    if (!this.#options.isPackaged || !this.#options.hasFeed || this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.step('later'), LOOK_EVERY_MS);
    this.#timer.unref();
    await this.step('launch');
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A failure is logged and tried again at the next time. */
  async step(moment: UpdateFacts['moment']): Promise<void> {
    const { isPackaged, hasFeed, current, facts, loadUpdater, log } = this.#options;
    try {
      const waiting = this.#waiting();
      const step = decideUpdate({ isPackaged, hasFeed, current, moment, waiting, ...(await facts()) });
      if (step.kind === 'off') return;
      // Also before an installation: the file in the cache is compared with the feed's digest and signature again.
      const updater = await loadUpdater();
      const version = await updater.fetch();
      this.#note(version);
      if (step.kind === 'offer' && version !== undefined) await this.#offer(updater, version);
    } catch (error) {
      log('no update', { error: error instanceof Error ? error.message : String(error) });
    }
  }

  async #offer(updater: Updater, version: string): Promise<void> {
    const { ask, facts, endCore, relaunch, log } = this.#options;
    if (!(await ask(version))) return;
    // The question may have stood for hours.
    const now = await facts();
    if (now.liveRuns > 0 || now.airGap) {
      log('the update waits', { version, ...now });
      return;
    }
    await endCore();
    log('the update is installed', { version });
    if (!updater.install()) relaunch();
  }

  #waiting(): string | undefined {
    try {
      return waitingSchema.parse(JSON.parse(readFileSync(this.#options.noteFile, 'utf8'))).version;
    } catch {
      return undefined;
    }
  }

  #note(version: string | undefined): void {
    if (version === undefined) rmSync(this.#options.noteFile, { force: true });
    else writeFileSync(this.#options.noteFile, JSON.stringify({ version }));
  }
}
