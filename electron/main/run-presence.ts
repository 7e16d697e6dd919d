import { Menu, nativeImage, powerSaveBlocker, Tray } from 'electron';

import type { RunAttention, RunSummary } from '../shared/contract/methods/runs.ts';
import { describeError } from '../shared/contract/errors/index.ts';
import type { EndedRun, LiveRuns } from './live-runs.ts';
import type { QueueFault, QueueWatch } from './queue-watch.ts';
import type { ShellLanguage, ShellWord, ShellWords } from './shell-words.ts';
import { showNote } from './system-notes.ts';

const NEWS: Readonly<Record<EndedRun['state'], ShellWord>> = {
  done: 'runDone',
  failed: 'runFailed',
  interrupted: 'runInterrupted',
  stopped: 'runStopped',
};

const NEEDS: Readonly<Record<RunAttention, ShellWord>> = {
  loss_not_finite: 'runLossNotFinite',
  loss_diverging: 'runLossDiverging',
  eval_worse: 'runEvalWorse',
  eval_rising: 'runEvalRising',
  eval_above_best: 'runEvalAboveBest',
};

const newsOf = ({ state, attention }: EndedRun): ShellWord =>
  state === 'done' && attention !== undefined ? 'runDoneWorse' : NEWS[state];

export type RunPresenceOptions = Readonly<{
  live: LiveRuns;
  queue: QueueWatch;
  words: ShellWords;
  language: () => ShellLanguage;
  trayIcon: string | undefined;
  /** Brings the window forward, on a route where one is given. */
  show: (route?: string) => void;
  /** Whether a person is looking at the studio now. */
  isWatched: () => boolean;
  quit: () => void;
}>;

/** What the system shows of live runs: a tray entry, notifications, and a machine that does not go to sleep. */
export class RunPresence {
  readonly #options: RunPresenceOptions;
  readonly #tray: Tray | undefined;
  #blocker: number | undefined;

  constructor(options: RunPresenceOptions) {
    this.#options = options;
    this.#tray = makeTray(options.trayIcon);
    this.#tray?.on('click', () => options.show());
    options.live.onChange(() => this.refresh());
    options.live.onEnd((run) => this.#tell(run, newsOf(run)));
    options.live.onAttention((run) => this.#tell(run, NEEDS[run.attention]));
    options.queue.onFault((fault) => this.#tellFault(fault));
    this.refresh();
  }

  /** Whether the machine is kept awake now. */
  get keepsAwake(): boolean {
    return this.#blocker !== undefined;
  }

  refresh(): void {
    const { live, words, show, quit } = this.#options;
    const runs = live.all;
    this.#keepAwake(runs.length > 0);
    if (this.#tray === undefined) return;
    const line =
      runs.length === 0
        ? words('noRuns')
        : words('liveRuns', {
            count: String(runs.length),
            names: runs.map((run) => run.name).join(words('comma')),
          });
    this.#tray.setToolTip(`Legal Eagle Studio\n${line}`);
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: words('openStudio'), click: () => show() },
        { type: 'separator' },
        ...(runs.length === 0
          ? [{ label: line, enabled: false }]
          : runs.map((run) => ({
              label: `${run.name}  ${String(run.step)}${run.steps === undefined ? '' : ` / ${String(run.steps)}`}`,
              click: () => show(`/runs/${run.id}`),
            }))),
        { type: 'separator' },
        { label: words('quit'), click: quit },
      ]),
    );
  }

  #keepAwake(wanted: boolean): void {
    if (wanted && this.#blocker === undefined) {
      this.#blocker = powerSaveBlocker.start('prevent-app-suspension');
    } else if (!wanted && this.#blocker !== undefined) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = undefined;
    }
  }

  #tell(run: RunSummary, title: ShellWord): void {
    const { words, show, isWatched } = this.#options;
    if (isWatched()) return;
    showNote({ title: words(title), body: run.name, onClick: () => show(`/runs/${run.id}`) });
  }

  #tellFault(fault: QueueFault): void {
    const { words, language, show, isWatched } = this.#options;
    if (isWatched()) return;
    const { message } = describeError(fault, language() === 'zh-CN' ? 'zh' : 'en');
    showNote({ title: words('queuePaused'), body: message, onClick: () => show('/') });
  }
}

/** A desktop without a tray is common on Linux; the studio does without. */
function makeTray(icon: string | undefined): Tray | undefined {
  if (icon === undefined) return undefined;
  try {
    const image = nativeImage.createFromPath(icon);
    return image.isEmpty() ? undefined : new Tray(image.resize({ width: 22, height: 22 }));
  } catch {
    return undefined;
  }
}
