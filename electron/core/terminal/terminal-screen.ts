import { SerializeAddon } from '@xterm/addon-serialize';
import * as headless from '@xterm/headless';

import { limitRepetitions } from '../../shared/domain/terminal-limits.ts';

// A CommonJS package: Node offers it as the default export, a bundler by its names.
const { Terminal } = ('default' in headless ? headless.default : headless) as typeof headless;

/** Lines above the screen that a page which comes back gets. */
const SCROLLBACK_LINES = 2000;
const LONGEST_TITLE = 80;
/** Control characters, and marks that turn the direction of the text around them. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** What a terminal shows, kept by the core: it answers the program's questions and draws itself for a new page. */
export class TerminalScreen {
  readonly #terminal: headless.Terminal;
  readonly #serializer = new SerializeAddon();

  constructor(
    size: Readonly<{ columns: number; rows: number }>,
    on: Readonly<{
      /** The screen's answer to a question of the program (where is the cursor, which terminal is this). */
      answer: (text: string) => void;
      /** As text to show: shortened, without anything unseen. */
      title: (title: string) => void;
    }>,
  ) {
    this.#terminal = new Terminal({
      cols: size.columns,
      rows: size.rows,
      scrollback: SCROLLBACK_LINES,
      // Only here, where nothing is drawn: the serializer reads the buffer and its modes.
      allowProposedApi: true,
    });
    this.#terminal.loadAddon(this.#serializer);
    limitRepetitions(this.#terminal.parser);
    this.#terminal.onData(on.answer);
    this.#terminal.onTitleChange((title) => on.title(shownTitle(title)));
  }

  /** `drawn` is called when the text is part of the screen, and before any later text is. */
  write(text: string, drawn: () => void): void {
    this.#terminal.write(text, drawn);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** Escape sequences that draw the screen and the lines above it on an empty terminal of the same size. */
  drawing(): string {
    return this.#serializer.serialize({ scrollback: SCROLLBACK_LINES });
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}

const shownTitle = (title: string): string => {
  const seen = Array.from(
    title
      .slice(0, LONGEST_TITLE * 4)
      .replaceAll(UNSEEN, ' ')
      .trim(),
  );
  return seen.length > LONGEST_TITLE ? `${seen.slice(0, LONGEST_TITLE - 1).join('')}…` : seen.join('');
};
