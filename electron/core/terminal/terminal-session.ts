import { constants } from 'node:os';

import type { Disposable } from '../../shared/contract/disposable.ts';
import type { TerminalTopicData } from '../../shared/contract/events.ts';
import type { TerminalExit, TerminalView } from '../../shared/contract/methods/terminal.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { OutputCredit } from './output-credit.ts';
import type { Pty } from './pty-backend.ts';
import { TerminalScreen } from './terminal-screen.ts';
import { wholeLength } from './whole-sequences.ts';

/** Text of one event: a page draws between two, and a key is answered in between. */
const MOST_EVENT_CHARACTERS = 16_384;

export type TerminalSessionOptions = Readonly<{
  pty: Pty;
  view: TerminalView;
  publish: (data: TerminalTopicData) => void;
  /** The view is another: the title, or the shell ended. */
  onChange: () => void;
  /** Ends whatever the shell has started. */
  killAll: () => Promise<void>;
}>;

const SIGNAL_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

/** Signal first: a shell that was killed is reported with exit code 0 as well. */
const exitOf = ({ exitCode, signal }: { exitCode: number; signal?: number | undefined }): TerminalExit =>
  signal === undefined || signal === 0
    ? { exitCode }
    : { signal: SIGNAL_NAMES.get(signal) ?? String(signal) };

/**
 * One shell and its screen. Output goes to the screen first and to the topic after, so that a snapshot and the events
 * behind it never overlap; the program waits while what it wrote is further ahead than anybody has shown.
 */
export class TerminalSession {
  readonly #options: TerminalSessionOptions;
  readonly #screen: TerminalScreen;
  readonly #credit = new OutputCredit();
  #view: TerminalView;
  /** Written by the shell, not on the screen yet. */
  #waiting = '';
  #drawing = false;
  /** Characters on the screen. */
  #through = 0;
  #followers = 0;
  #held = false;
  #exit: TerminalExit | undefined;
  #closed = false;

  constructor(options: TerminalSessionOptions) {
    this.#options = options;
    this.#view = options.view;
    const { pty } = options;
    this.#screen = new TerminalScreen(options.view, {
      answer: (text) => {
        if (this.#exit === undefined) pty.write(text);
      },
      title: (title) => this.#change(title === '' ? { title: undefined } : { title }),
    });
    pty.onData((text) => {
      this.#credit.produced(text.length);
      this.#waiting += text;
      this.#hold();
      this.#draw();
    });
    pty.onExit((exit) => {
      this.#exit = exitOf(exit);
      this.#draw();
    });
  }

  get view(): TerminalView {
    return this.#view;
  }

  /** Undefined once it is closed. */
  snapshot(): TerminalTopicData | undefined {
    if (this.#closed) return undefined;
    return {
      kind: 'snapshot',
      terminal: this.#view,
      screen: this.#screen.drawing(),
      through: this.#through,
    };
  }

  /** While nobody follows, the core's own screen is who the program writes for. */
  follow(): Disposable {
    this.#followers += 1;
    let following = true;
    return {
      dispose: () => {
        if (!following) return;
        following = false;
        this.#followers -= 1;
        if (this.#followers === 0) this.acknowledge(this.#through);
      },
    };
  }

  acknowledge(through: number): void {
    this.#credit.shown(Math.min(through, this.#through));
    this.#hold();
  }

  /** Throws `terminal.ended`. */
  input(text: string): void {
    if (this.#exit !== undefined) throw new StudioError('terminal.ended');
    this.#options.pty.write(text);
  }

  resize(columns: number, rows: number): void {
    if (columns === this.#view.columns && rows === this.#view.rows) return;
    if (this.#exit === undefined) this.#options.pty.resize(columns, rows);
    this.#screen.resize(columns, rows);
    this.#view = { ...this.#view, columns, rows };
  }

  /** Resolves when nothing of it lives any more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#exit === undefined) {
      // What waits for room to write would outlive its shell.
      this.#options.pty.resume();
      await this.#options.killAll();
      this.#hangUp();
    }
    this.#screen.dispose();
    this.#options.publish({ kind: 'closed' });
  }

  #hangUp(): void {
    try {
      this.#options.pty.kill();
    } catch {
      // It has ended on the way here.
    }
  }

  #draw(): void {
    if (this.#drawing || this.#closed) return;
    const part = this.#waiting.slice(0, MOST_EVENT_CHARACTERS);
    // Nothing more will come to complete a sequence of a shell that has ended.
    const length = this.#exit === undefined ? wholeLength(part) : part.length;
    if (length === 0) {
      if (this.#exit !== undefined && this.#view.exit === undefined) this.#change({ exit: this.#exit });
      return;
    }
    const text = this.#waiting.slice(0, length);
    this.#waiting = this.#waiting.slice(length);
    this.#drawing = true;
    this.#screen.write(text, () => {
      this.#drawing = false;
      if (this.#closed) return;
      this.#through += text.length;
      this.#options.publish({ kind: 'output', text, through: this.#through });
      if (this.#followers === 0) this.acknowledge(this.#through);
      this.#draw();
    });
  }

  #hold(): void {
    const hold = this.#credit.paused && !this.#closed;
    if (hold === this.#held || this.#exit !== undefined) return;
    this.#held = hold;
    if (hold) this.#options.pty.pause();
    else this.#options.pty.resume();
  }

  #change(change: Readonly<{ title?: string | undefined; exit?: TerminalExit }>): void {
    if (this.#closed) return;
    this.#view = { ...this.#view, ...change };
    this.#options.onChange();
  }
}
