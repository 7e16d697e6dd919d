import type { ErrorLanguage } from '../shared/contract/errors/index.ts';
import type { Words } from './language.ts';

export type TextSink = Readonly<{
  write: (text: string) => void;
  isTTY: boolean;
  columns: number | undefined;
}>;

/** Without a terminal a progress line is printed this often at most. */
const PLAIN_PROGRESS_INTERVAL_MS = 5000;

/** East Asian wide characters take two columns. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

const fitColumns = (text: string, columns: number): string => {
  let used = 0;
  let fitted = '';
  for (const char of text) {
    used += WIDE.test(char) ? 2 : 1;
    if (used > columns) return fitted;
    fitted += char;
  }
  return fitted;
};

/**
 * What a verb says. People read standard output; with `--json` it carries JSON lines only, and everything meant
 * for people goes to standard error.
 */
export class Terminal {
  readonly language: ErrorLanguage;
  readonly json: boolean;
  readonly #out: TextSink;
  readonly #err: TextSink;
  readonly #nowMs: () => number;
  #progressShown = false;
  #lastProgressAtMs = -Infinity;

  constructor(language: ErrorLanguage, json: boolean, out: TextSink, err: TextSink, nowMs: () => number) {
    this.language = language;
    this.json = json;
    this.#out = out;
    this.#err = err;
    this.#nowMs = nowMs;
  }

  words(words: Words): string {
    return words[this.language];
  }

  /** A line for a person. */
  say(text: string): void {
    this.#clearProgress();
    (this.json ? this.#err : this.#out).write(`${text}\n`);
  }

  /** A line for a person about something wrong. */
  warn(text: string): void {
    this.#clearProgress();
    this.#err.write(`${text}\n`);
  }

  /** Text as it comes, without a line feed (a streamed answer). */
  stream(text: string): void {
    this.#clearProgress();
    (this.json ? this.#err : this.#out).write(text);
  }

  /** One JSON object on a line of its own. */
  emit(value: unknown): void {
    this.#clearProgress();
    this.#out.write(`${JSON.stringify(value)}\n`);
  }

  /** The live line: rewritten in place on a terminal, a plain line now and then elsewhere. */
  progress(text: string): void {
    const sink = this.#err;
    if (sink.isTTY) {
      sink.write(`\r\u001b[2K${fitColumns(text, (sink.columns ?? 80) - 1)}`);
      this.#progressShown = true;
      return;
    }
    const nowMs = this.#nowMs();
    if (nowMs - this.#lastProgressAtMs < PLAIN_PROGRESS_INTERVAL_MS) return;
    this.#lastProgressAtMs = nowMs;
    sink.write(`${text}\n`);
  }

  #clearProgress(): void {
    if (this.#progressShown) this.#err.write('\r\u001b[2K');
    this.#progressShown = false;
  }
}
