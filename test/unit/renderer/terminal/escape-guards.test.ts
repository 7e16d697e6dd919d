import { Terminal as Screen } from '@xterm/headless';
import type { Terminal } from '@xterm/xterm';
import { beforeEach, describe, expect, it } from 'vitest';

import { guardEscapes } from '../../../../renderer/features/terminal/escape-guards.ts';

/** Commands of the operating system's that one of xterm's add-ons, or a later xterm, acts on. */
const COMMANDS = [
  [0, 'icon and title'],
  [2, 'title'],
  [4, 'a colour of the palette'],
  [7, 'the working folder'],
  [9, 'a notification'],
  [10, 'the colour of text'],
  [11, 'the colour behind it'],
  [12, 'the colour of the cursor'],
  [50, 'the font'],
  [52, 'the clipboard'],
  [104, 'the palette again'],
  [133, 'marks of a shell'],
  [633, 'marks of an editor'],
  [777, 'a notification'],
  [1337, 'files and pictures'],
] as const;

/** The guard in front of something that would act: xterm asks its handlers from the last to the first. */
describe('what output may make the terminal do', () => {
  let screen: Screen;
  let acted: string[];
  let answered: string;

  beforeEach(() => {
    screen = new Screen({ allowProposedApi: true });
    acted = [];
    answered = '';
    for (const [number] of COMMANDS)
      screen.parser.registerOscHandler(number, (text) => {
        acted.push(text);
        return true;
      });
    screen.onData((text) => (answered += text));
    guardEscapes(screen as unknown as Terminal);
  });

  const write = (text: string): Promise<void> => new Promise((resolve) => screen.write(text, resolve));

  // The page's part of xterm acts on none of them today; an add-on that does would be a way out of the page.
  it.each(COMMANDS)('OSC %i (%s) reaches nothing behind the guard', async (number) => {
    await write(`\u001B]${String(number)};c;cGF5bG9hZA==\u0007\u001B]${String(number)};?\u001B\\`);
    expect(acted).toEqual([]);
  });

  it.each([
    '[c',
    '[>c',
    '[=c',
    '[5n',
    '[6n',
    '[?6n',
    '[>q',
    '[?1$p',
    '[4$p',
    '[18t',
    '[x',
    'Z',
    'P$qm\u001B\\',
  ])('a question (ESC %s) is not answered from here', async (question) => {
    await write(`\u001B${question}`);
    expect(answered).toBe('');
  });
});
