import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { TerminalPage } from './terminal-page.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import type { TERMINAL_METHODS } from '../../../electron/shared/contract/methods/terminal.ts';

/** A real shell in a real browser over `serve --allow-terminal`. */
describe('the terminal in the browser', () => {
  let studio: StudioBrowser;
  let page: Page;
  let terminal: TerminalPage;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN', serveArgs: ['--allow-terminal'] });
    ({ page } = studio);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    terminal = new TerminalPage(page);
  });
  afterAll(() => studio.close());

  it('says what will be here, and opens a shell in the data folder with the runtime’s Python', async () => {
    await page.getByRole('link', { name: '终端' }).click();
    await page.getByText('终端会在运行环境中打开命令行', { exact: false }).waitFor();
    await terminal.open();
    await page.getByText(`所在目录：${studio.home}`).waitFor();
    await terminal.type(
      "python -c \"import sys; print(sys.prefix == __import__('os').environ['VIRTUAL_ENV'])\"\n",
    );
    await terminal.shows('True');
  });

  it('is as wide as the page, and follows it', async () => {
    const columns = async (): Promise<number> => {
      const { items } = await callFromPage(page, 'terminal.list', {});
      return items[0]?.columns ?? 0;
    };
    const wide = await columns();
    await page.setViewportSize({ width: 1000, height: 700 });
    await expect.poll(columns).toBeLessThan(wide);
    await terminal.type('echo "cols=$(tput cols)"\n');
    await terminal.shows(`cols=${String(await columns())}`);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(columns).toBe(wide);
  });

  it('copies what is selected, and pastes text as text: an end of paste mode in it ends nothing', async () => {
    await terminal.type("clear; echo; echo; printf 'copy''-me\\n'\n");
    await terminal.shows('copy-me');
    await terminal.clickText('copy-me', 2);
    await page.keyboard.press('Control+Shift+C');
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('copy');
    await page.evaluate(() => navigator.clipboard.writeText('echo pas\u001B[201~ted-中文'));
    await terminal.input.focus();
    await page.keyboard.press('Control+Shift+V');
    await terminal.shows('echo pas[201~ted-中文');
    await page.keyboard.press('Enter');
    await terminal.shows('pas[201~ted-中文');
  });

  it('finds text, and says when there is none', async () => {
    await terminal.type("clear; seq 1000 1200; echo 'nee''dle'; seq 1 100\n");
    await terminal.shows('100');
    await page.keyboard.press('Control+Shift+F');
    const field = page.getByRole('textbox', { name: '查找内容' });
    await field.fill('needle');
    await field.press('Enter');
    await terminal.shows('needle');
    await field.fill('nowhere-at-all');
    await field.press('Enter');
    await page.getByText('没有匹配').waitFor();
    await field.press('Escape');
    expect(await terminal.input.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('leaves the keyboard on Shift+F6, and takes its keys otherwise', async () => {
    await terminal.input.focus();
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Tab');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await terminal.input.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Shift+F6');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tab');
  });

  it('is there again after a reload, with its colours, and goes on', async () => {
    await terminal.type("clear; printf '\\033[31mre''d\\033[0m\\n'\n");
    await terminal.shows('red');
    await page.reload();
    await terminal.shows('red');
    const red = page.locator('.xterm-rows span', { hasText: /^red$/u });
    expect(await red.getAttribute('class')).toContain('xterm-fg-1');
    await terminal.type("echo 'still'' here'\n");
    await terminal.shows('still here');
  });

  it('shows a flood to its end', async () => {
    await terminal.type("clear; seq 1 60000; echo 'fl''ood over'\n");
    await terminal.shows('flood over');
  });

  it('opens a web address only after a question', async () => {
    await page.context().route('https://example.invalid/**', (route) => route.fulfill({ body: 'there' }));
    await terminal.type("clear; echo 'https://example.inv''alid/a?b=1'\n");
    await terminal.shows('https://example.invalid/a?b=1');
    await terminal.clickText('example.invalid');
    const dialog = page.getByRole('dialog', { name: '打开此网址？' });
    await dialog.getByText('https://example.invalid/a?b=1', { exact: true }).waitFor();
    const opened = page.waitForEvent('popup');
    await dialog.getByRole('button', { name: '在浏览器中打开' }).click();
    const popup = await opened;
    expect(await popup.evaluate(() => window.opener as unknown)).toBe(null);
    await popup.close();
  });

  it('is clean for axe, in both themes', async () => {
    const browser = page.context().browser();
    if (browser === null) throw new Error('the page has a browser');
    const storageState = await page.context().storageState();
    for (const colorScheme of ['light', 'dark'] as const) {
      const context: BrowserContext = await browser.newContext({
        bypassCSP: true,
        storageState,
        locale: 'zh-CN',
        colorScheme,
      });
      const checked = await context.newPage();
      await checked.goto(page.url());
      await new TerminalPage(checked).shows('example.invalid');
      expect(await accessibilityFaults(checked)).toEqual([]);
      await context.close();
    }
  });

  it('says how a shell ended, and closes one that lives only after a question', async () => {
    await terminal.type('exit 3\n');
    await page.getByText('命令行已结束，退出码 3。').waitFor();
    await page.getByRole('button', { name: '新建终端' }).click();
    await expect.poll(() => page.getByRole('tab').count()).toBe(2);
    await page.getByRole('button', { name: '关闭终端' }).click();
    await page.getByRole('dialog').getByText('在其中启动的程序会一并结束', { exact: false }).waitFor();
    await page.getByRole('button', { name: '关闭并结束程序' }).click();
    await expect.poll(() => page.getByRole('tab').count()).toBe(1);
    await page.getByRole('button', { name: '关闭终端' }).click();
    await page.getByText('终端会在运行环境中打开命令行', { exact: false }).waitFor();
    expect(studio.complaints).toEqual([]);
  });
});

/** The same server without the flag. */
describe('a server without --allow-terminal', () => {
  let studio: StudioBrowser;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'en' });
    await studio.page.getByText(/^Connected$/u).waitFor();
  });
  afterAll(() => studio.close());

  it('answers every method of the terminal with a code, and tells no topic', async () => {
    const { page } = studio;
    const inputs: Readonly<Record<keyof typeof TERMINAL_METHODS, object>> = {
      'terminal.open': { columns: 80, rows: 24 },
      'terminal.list': {},
      'terminal.input': { terminalId: 'x', text: 'id\r' },
      'terminal.resize': { terminalId: 'x', columns: 80, rows: 24 },
      'terminal.ack': { terminalId: 'x', through: 0 },
      'terminal.close': { terminalId: 'x' },
    };
    for (const [method, input] of Object.entries(inputs)) {
      const call = callFromPage(page, method as 'terminal.list', input as Record<string, never>);
      await expect(call, method).rejects.toThrow('terminal.not_allowed');
    }
  });

  it('says on the screen why there is none, and what opens it', async () => {
    const { page } = studio;
    await page.getByRole('link', { name: 'Terminal' }).click();
    await page.getByText('The terminal is off in this studio.').waitFor();
    expect(await page.getByRole('button', { name: 'New terminal' }).count()).toBe(0);
  });
});
