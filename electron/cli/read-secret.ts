import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * What must not stand on a command line, one line of standard input each: piped in, or typed at prompts that show
 * nothing of it. Undefined where nobody types and the input ends before the first line.
 */
export class SecretInput {
  readonly #showPrompt: (text: string) => void;
  #lines: AsyncIterator<string> | undefined;
  #close: () => void = () => undefined;

  constructor(showPrompt: (text: string) => void) {
    this.#showPrompt = showPrompt;
  }

  async next(prompt: string): Promise<string | undefined> {
    const isTyped = process.stdin.isTTY;
    if (isTyped) this.#showPrompt(prompt);
    if (this.#lines === undefined) {
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTyped });
      this.#close = () => lines.close();
      this.#lines = lines[Symbol.asyncIterator]();
    }
    const line = await this.#lines.next();
    return line.done === true ? undefined : line.value.trim();
  }

  close(): void {
    this.#close();
  }
}
