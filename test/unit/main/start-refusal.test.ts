import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { hasDisplay, isListening } from '../../../electron/main/display.ts';
import { startRefusal } from '../../../electron/main/start-refusal.ts';

describe('a start of the app', () => {
  // The first start would be killed by Chromium as hung, with the person's work in its window.
  it.each([
    ['one long argument', ['app', 'x'.repeat(8192)]],
    ['many short ones', ['app', ...Array.from({ length: 5000 }, () => 'x')]],
    ['few letters of many bytes', ['app', '法'.repeat(3000)]],
  ])('with %s is refused', (_name, commandArguments) => {
    const refusal = startRefusal({ hasDisplay: true, commandArguments });
    expect(refusal?.code).toBe('host.arguments_refused');
  });

  it('without a display is refused, with one it is not', () => {
    const commandArguments = ['/opt/studio/app', '--enable-logging', 'x'.repeat(4000)];
    expect(startRefusal({ hasDisplay: false, commandArguments })?.code).toBe('host.no_display');
    expect(startRefusal({ hasDisplay: true, commandArguments })).toBeUndefined();
  });
});

describe('a display', () => {
  const listening = new Set(['/tmp/.X11-unix/X0', '/run/user/1000/wayland-0']);
  const runtime = { XDG_RUNTIME_DIR: '/run/user/1000' };

  // Chromium crashes, with nothing that a person could read, where the display is not there.
  it.each([
    [{}, false],
    [{ DISPLAY: '' }, false],
    [{ DISPLAY: ':0' }, true],
    [{ DISPLAY: ':0.0' }, true],
    [{ DISPLAY: 'unix:0' }, true],
    [{ DISPLAY: ':1' }, false],
    [{ DISPLAY: 'localhost:10.0' }, true],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, false],
    [{ ...runtime, WAYLAND_DISPLAY: 'wayland-0' }, true],
    [{ ...runtime, WAYLAND_DISPLAY: 'wayland-1' }, false],
    [{ WAYLAND_DISPLAY: '/run/user/1000/wayland-0' }, true],
    [{ ...runtime, DISPLAY: ':1', WAYLAND_DISPLAY: 'wayland-0' }, true],
  ])('%j: %s', (environment, there) => {
    expect(hasDisplay(environment, (socket) => listening.has(socket))).toBe(there);
  });

  it.runIf(process.platform === 'linux')('is found by its socket, with a file or without', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'display-'));
    const file = path.join(folder, 'X0');
    for (const [address, socket] of [
      [file, file],
      [`\0${folder}/X1`, `${folder}/X1`],
    ] as const) {
      expect(isListening(socket)).toBe(false);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(address, resolve));
      expect(isListening(socket)).toBe(true);
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(folder, { recursive: true });
  });
});
