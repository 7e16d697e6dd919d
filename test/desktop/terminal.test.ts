import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';
import { TerminalPage } from '../e2e/browser/terminal-page.ts';

/** The terminal of the desktop app: the real shell, its sandbox, its core, a real bash. */
describe.skipIf(shell === undefined)('the terminal of the desktop app', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;
  let terminal: TerminalPage;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    terminal = new TerminalPage(studio.page);
  });
  afterAll(() => bench.dispose());

  it('runs the runtime’s Python, which knows torch', async () => {
    await terminal.open();
    await terminal.type('clear; python -c "import torch; print(\'torch\', torch.__version__)"\n');
    await studio.page.waitForFunction(
      () =>
        /^torch\s\d+\.\d+/mu.test(
          [...document.querySelectorAll('.xterm-rows > div')].map((row) => row.textContent).join('\n'),
        ),
      undefined,
      { timeout: 120_000 },
    );
  });

  it('a link that is on no list is not opened: the address can be copied instead', async () => {
    await terminal.type("clear; echo 'https://example.inv''alid/'\n");
    await terminal.shows('https://example.invalid/');
    await terminal.clickText('example.invalid');
    const dialog = studio.page.getByRole('dialog');
    await dialog.getByRole('button', { name: /^(在浏览器中打开|Open in the browser)$/u }).click();
    await dialog.getByText('host.address_refused').waitFor();
    await dialog.getByRole('button', { name: /^(取消|Cancel)$/u }).click();
    await dialog.waitFor({ state: 'hidden' });
  });

  // The page may not read or write the clipboard by itself here: every permission is denied.
  it('copies with its key and pastes with the system’s own, as text', async () => {
    await terminal.type("clear; echo; echo; printf 'copy''-me\\n'\n");
    await terminal.shows('copy-me');
    await terminal.clickText('copy-me', 2);
    await studio.page.keyboard.press('Control+Shift+C');
    await expect.poll(() => studio.app.evaluate(({ clipboard }) => clipboard.readText())).toContain('copy');
    await studio.app.evaluate(({ clipboard }) => clipboard.writeText('echo pas\u001B[201~ted'));
    await terminal.input.focus();
    await studio.page.keyboard.press('Control+Shift+V');
    await terminal.shows('echo pas[201~ted');
  });

  it('offers copy and paste on a right click', async () => {
    await studio.app.evaluate(({ Menu }) => {
      Menu.prototype.popup = function (this: Electron.Menu): void {
        (globalThis as { offered?: unknown }).offered = this.items.map(({ role }) => role);
      };
    });
    await terminal.rows.click({ button: 'right', force: true });
    const offered = (): Promise<unknown> =>
      studio.app.evaluate(() => (globalThis as { offered?: unknown }).offered);
    await expect.poll(offered).toEqual(['cut', 'copy', 'paste']);
  });

  it('draws the same screen after a reload of the window', async () => {
    await terminal.type("clear; echo 'still'' here'\n");
    await terminal.shows('still here');
    await studio.page.reload();
    await terminal.shows('still here');
    const { items } = await callFromPage(studio.page, 'terminal.list', {});
    expect(items).toHaveLength(1);
    expect(studio.complaints).toEqual([]);
  });
});
