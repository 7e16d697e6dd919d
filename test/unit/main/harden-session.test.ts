import { beforeEach, describe, expect, it } from 'vitest';

import { hardenSession } from '../../../electron/main/harden-session.ts';

type Answers = {
  permission?: (contents: null, permission: string, answer: (granted: boolean) => void) => void;
  check?: (contents: null, permission: string) => boolean;
  device?: (details: object) => boolean;
  request?: (request: { url: string }, answer: (response: { cancel?: boolean }) => void) => void;
};

/**
 * What the session is told. The shell's own tests try permissions and requests in a running app; no machine of theirs
 * has a serial port or a USB device that a page could be given, and Electron cannot be asked which answers it has.
 */
describe('a session of the shell', () => {
  let told: Answers;

  beforeEach(() => {
    told = {};
    hardenSession({
      setPermissionRequestHandler: (answer: Required<Answers>['permission']) => (told.permission = answer),
      setPermissionCheckHandler: (answer: Required<Answers>['check']) => (told.check = answer),
      setDevicePermissionHandler: (answer: Required<Answers>['device']) => (told.device = answer),
      webRequest: { onBeforeRequest: (answer: Required<Answers>['request']) => (told.request = answer) },
      setSpellCheckerEnabled: () => undefined,
    } as unknown as Parameters<typeof hardenSession>[0]);
  });

  // Electron grants where nobody answers.
  it.each(['hid', 'serial', 'usb'])('gives no page a %s device', (deviceType) => {
    expect(told.device?.({ deviceType, origin: 'app://studio', device: {} })).toBe(false);
  });

  it.each(['media', 'openExternal', 'fileSystem', 'a permission of a later Electron'])(
    'grants no %s',
    (name) => {
      const granted: boolean[] = [];
      told.permission?.(null, name, (one) => granted.push(one));
      expect(granted).toEqual([false]);
      expect(told.check?.(null, name)).toBe(false);
    },
  );

  it.each([
    ['https://example.com/', true],
    ['http://127.0.0.1:9/', true],
    ['ws://127.0.0.1:9/', true],
    ['wss://example.com/', true],
    ['file:///etc/passwd', true],
    ['ftp://example.com/', true],
    ['chrome://gpu/', true],
    ['chrome-extension://x/y.js', true],
    ['app://studio/', false],
    ['blob:app://studio/1', false],
    ['data:image/png;base64,', false],
  ])('a request for %s is cancelled: %s', (url, cancelled) => {
    const answers: unknown[] = [];
    told.request?.({ url }, (answer) => answers.push(answer));
    expect(answers).toEqual([{ cancel: cancelled }]);
  });
});
