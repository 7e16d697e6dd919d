import { describe, expect, it } from 'vitest';

import { isTrustedSender } from '../../../electron/main/trusted-sender.ts';

type Message = Parameters<typeof isTrustedSender>[0];

const OWN_WINDOW = 7;
const isOwn = (id: number): boolean => id === OWN_WINDOW;
const PAGE = { url: 'app://studio/#/runs' };

/** A message from a frame of a window whose top frame is `top`. */
const message = (frame: unknown, top: unknown = frame, window = OWN_WINDOW): Message =>
  ({ senderFrame: frame, sender: { id: window, mainFrame: top } }) as unknown as Message;

/** The cases that a running app cannot bring about at will; the others are in the shell's own tests. */
describe('who may speak to the shell', () => {
  it('the top frame of the studio’s window, showing the studio’s page', () => {
    expect(isTrustedSender(message(PAGE), isOwn)).toBe(true);
  });

  it.each<readonly [string, Message]>([
    ['a frame inside the page', message({ url: 'app://studio/' }, PAGE)],
    ['another window', message(PAGE, PAGE, 8)],
    ['a frame that is gone', message(null, PAGE)],
    ['a frame that never was', message(undefined, PAGE)],
    ...[
      'about:blank',
      'about:srcdoc',
      '',
      'not an address',
      'https://studio/',
      'app://other/',
      'app://studio.evil/',
      'app://studio:1/',
      'app://',
      'data:text/html,app://studio/',
      'blob:app://studio/1',
      'file:///app://studio/',
      'xapp://studio/',
    ].map((url) => [`the window showing ${url}`, message({ url })] as const),
  ])('not %s', (_who, event) => {
    expect(isTrustedSender(event, isOwn)).toBe(false);
  });

  it('not a frame that Electron will not even name', () => {
    const event = {
      get senderFrame(): never {
        throw new Error('Render frame was disposed before WebFrameMain could be accessed');
      },
      sender: { id: OWN_WINDOW, mainFrame: PAGE },
    } as unknown as Message;
    expect(isTrustedSender(event, isOwn)).toBe(false);
  });
});
