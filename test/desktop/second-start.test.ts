import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** Shorter than a test may take, so that what never comes to pass fails by its own words. */
const POLL_MS = 15_000;

/** What another program of this user may type behind the name of the app. */
const HOSTILE: readonly (readonly [string, readonly string[]])[] = [
  ['nothing', []],
  [
    'switches against the sandbox',
    [
      '--inspect=0',
      '--remote-debugging-port=0',
      '--no-sandbox',
      '--disable-web-security',
      '--js-flags=--expose-gc',
    ],
  ],
  [
    'addresses',
    ['file:///etc/passwd', 'javascript:alert(1)', 'app://other/', 'https://example.com/', 'data:text/html,x'],
  ],
  [
    'paths and shell words',
    ['/etc/passwd', '..', '~', '\\\\evil.example\\share', '$(touch /tmp/x)', '; touch /tmp/x', '-', '--', ''],
  ],
  [
    'switches that open something else',
    [
      '--user-data-dir=/nowhere',
      '--app=https://example.com/',
      '--load-extension=/nowhere',
      '--gpu-launcher=/bin/true',
    ],
  ],
  [
    'odd texts',
    ['studio://open?id=1', '法律 数据', '\u202Egnp.exe', '{"kind":"grant","path":"/"}', '%00', '\n\n\n'],
  ],
  ['a long argument', ['x'.repeat(7000)]],
];

const line = (log: string, text: string): number => log.split(text).length - 1;

/** The window of the first start stays what it is, whatever a second one brings. */
describe.skipIf(shell === undefined)('a second start', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;
  const log = (): string => readFileSync(path.join(bench.home, 'shell', 'shell.log'), 'utf8');

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
  });
  afterAll(() => bench.dispose());

  const facts = (): Promise<unknown> =>
    studio.app.evaluate(({ app, BrowserWindow, webContents }) => ({
      windows: BrowserWindow.getAllWindows().length,
      contents: webContents.getAllWebContents().map((one) => one.getURL()),
      switches: ['no-sandbox', 'disable-web-security', 'js-flags', 'load-extension', 'app'].filter((name) =>
        app.commandLine.hasSwitch(name),
      ),
    }));

  it.each(HOSTILE)('with %s brings the first one forward and does nothing else', async (_name, args) => {
    const before = await facts();
    const was = log();
    await studio.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    const { exitCode } = await bench.run({ args });
    expect(exitCode).toBe(0);
    await expect
      .poll(
        () =>
          studio.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible() ?? false),
        { timeout: POLL_MS },
      )
      .toBe(true);
    expect(await facts()).toEqual(before);
    expect(line(log(), 'another start came forward')).toBe(line(was, 'another start came forward') + 1);
    // Its arguments are nobody's business, and may be a flood.
    expect(log().length - was.length).toBeLessThan(300);
  });

  it('with more arguments than a socket takes is refused, and the first one lives', async () => {
    const was = log();
    const { exitCode, output } = await bench.run({ args: ['x'.repeat(100_000), 'y'.repeat(100_000)] });
    expect(exitCode).toBe(1);
    expect(output.match(/^host\.arguments_refused: .+$/gmu)).toHaveLength(1);
    expect(line(log(), 'host.arguments_refused')).toBe(line(was, 'host.arguments_refused') + 1);
    expect(await studio.app.evaluate(() => process.pid)).toBe(studio.pid);
    expect(studio.complaints).toEqual([]);
  });

  it.each([
    ['no display', ''],
    ['a display that is gone', ':9876'],
  ])('with %s is told so in a sentence with its code, and leaves no crash', async (name, display) => {
    const home = path.join(bench.folder, name);
    mkdirSync(home);
    const { exitCode, output } = await bench.run({ args: [], home, env: { DISPLAY: display } });
    expect(exitCode).toBe(1);
    // The engine's own threads may complain of a missing message bus meanwhile.
    expect(output.match(/^host\.no_display: .+$/gmu)).toHaveLength(1);
    const said = readFileSync(path.join(home, 'shell', 'shell.log'), 'utf8');
    expect(line(said, 'host.no_display')).toBe(1);
    const left = readdirSync(home, { recursive: true, encoding: 'utf8' });
    expect(left.filter((file) => /\.dmp$|Singleton/u.test(file))).toEqual([]);
    expect(processes().filter(({ command }) => command.includes(home))).toEqual([]);
  });
});
