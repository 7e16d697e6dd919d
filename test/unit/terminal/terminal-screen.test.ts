import { describe, expect, it } from 'vitest';

import { TerminalScreen } from '../../../electron/core/terminal/terminal-screen.ts';
import { escapeCorpus } from '../../helpers/escape-corpus.ts';

class Screen {
  answers = '';
  readonly titles: string[] = [];
  readonly #screen: TerminalScreen = new TerminalScreen(
    { columns: 80, rows: 24 },
    { answer: (text) => (this.answers += text), title: (title) => this.titles.push(title) },
  );

  async shows(...texts: readonly string[]): Promise<string> {
    for (const text of texts) await new Promise<void>((resolve) => this.#screen.write(text, resolve));
    return this.#screen.drawing();
  }
}

describe('the screen that the core keeps', () => {
  it('draws the same on another screen: colours, wide characters, modes, the line under way', async () => {
    const text = '\u001B[1;38;2;1;2;3mbold\u001B[0m 中文🙂\r\n\u001B[?2004h\u001B[7minverse\u001B[0m';
    const drawing = await new Screen().shows(text);
    expect(await new Screen().shows(drawing)).toBe(drawing);
    expect(drawing).toContain('中文🙂');
    expect(drawing).toContain('\u001B[?2004h');
  });

  // One such sequence in a file that somebody shows with `cat` would stop the whole core.
  it('lives through numbers of repetitions that would stop it', async () => {
    const bombs = '@ILMPSTXZb'.split('').map((final) => `x\u001B[2147483647${final}`);
    const hidden = ['x\u001B[99\u000899999999b', 'x\u009B2147483647L', "\u001B[2147483647'}"];
    expect(await new Screen().shows(...bombs, ...hidden, '\u001Bcalive')).toContain('alive');
  });

  it('answers hostile output with numbers of its own, never with its text', async () => {
    const screen = new Screen();
    await screen.shows(...escapeCorpus());
    expect(screen.answers).toContain('\u001B[?1;2c');
    expect(screen.answers).not.toMatch(/PAYLOAD|\r|\n/u);
  });

  it('a title is a short text without anything unseen', async () => {
    const screen = new Screen();
    await screen.shows(`\u001B]0;a\u0001b\u202Ec\u0007`, `\u001B]2;${'长'.repeat(500)}\u0007`);
    expect(screen.titles).toEqual(['ab c', `${'长'.repeat(79)}…`]);
  });
});
