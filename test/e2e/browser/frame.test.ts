import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page, WebSocketRoute } from 'playwright-core';

import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { accessibilityFaults } from './accessibility.ts';
import { withoutPolicy } from './without-policy.ts';

const WAIT_MS = 20_000;

/** The frame of every screen, on a fresh data folder, in a real browser over the real server and its policy. */
describe('the frame in the browser', () => {
  let studio: StudioBrowser;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('heading', { name: '导入数据' }).waitFor();
  });

  afterAll(async () => {
    await studio.close();
  });

  const theme = (): Promise<string | null> =>
    page.evaluate(() => document.documentElement.getAttribute('data-mantine-color-scheme'));

  it('takes the token out of the address, and a reload stays signed in', async () => {
    expect(page.url()).not.toContain('token');
    await page.reload();
    await page.getByRole('heading', { name: '导入数据' }).waitFor();
  });

  it('a stranger’s browser gets the refusal in words, and no studio', async () => {
    const browser = page.context().browser();
    if (browser === null) throw new Error('the page has a browser');
    const stranger = await browser.newPage({ locale: 'zh-CN' });
    await stranger.goto(page.url());
    await stranger.getByText('此浏览器尚未登录程序。').waitFor();
    expect(await stranger.getByRole('navigation').count()).toBe(0);
    await stranger.context().close();
  });

  it('the policy refuses inline script, eval, foreign pictures and markup from strings', async () => {
    const outcome = await page.evaluate(async () => {
      const violated: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        violated.push(event.effectiveDirective),
      );
      const attempt = (work: () => void): string => {
        try {
          work();
          return 'done';
        } catch {
          return 'refused';
        }
      };
      const markup = attempt(() => {
        document.createElement('div').innerHTML = '<img src=x onerror="window.hacked=1">';
      });
      const inline = attempt(() => {
        const script = document.createElement('script');
        script.textContent = 'window.hacked = 1';
        document.head.append(script);
      });
      // In a task of its own: the debugger that runs this function may evaluate strings.
      const evaluated = await new Promise<string>((resolve) => {
        setTimeout(() => resolve(attempt(() => void (0, eval)('window.hacked = 1'))), 0);
      });
      const picture = document.createElement('img');
      picture.src = 'https://example.invalid/pixel.png';
      document.body.append(picture);
      await new Promise((resolve) => setTimeout(resolve, 300));
      picture.remove();
      const hacked = (window as unknown as { hacked?: number }).hacked;
      return { markup, inline, evaluated, hacked, picture: violated.includes('img-src') };
    });
    expect(outcome).toEqual({
      markup: 'refused',
      inline: 'refused',
      evaluated: 'refused',
      hacked: undefined,
      picture: true,
    });
  });

  it('the palette finds a screen by typing, and Esc closes only it', async () => {
    await page.keyboard.press('Control+k');
    const dialog = page.getByRole('dialog', { name: '命令面板' });
    await dialog.waitFor();
    // A second layer may not open over the first.
    await page.keyboard.press('Control+k');
    expect(await page.getByRole('dialog').count()).toBe(1);
    await page.keyboard.type('训练记录');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/runs$/u);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.waitForURL(/#\/$/u);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: '快捷键' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('keys of the frame stay letters while a person types', async () => {
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    // The palette takes the focus a moment after it is there.
    await page.locator('input[placeholder="查找操作、训练、数据集、模型…"]:focus').waitFor();
    await page.keyboard.type('?gd');
    expect(await page.getByRole('dialog').count()).toBe(1);
    expect(await page.getByPlaceholder('查找操作、训练、数据集、模型…').inputValue()).toBe('?gd');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(page.url()).toMatch(/#\/$/u);
  });

  it('says when the connection is lost, and comes back by itself', async () => {
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/\/api\/socket$/u, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.reload();
    await page.getByRole('heading', { name: '导入数据' }).waitFor();
    // The server stays away long enough for the page to say so.
    await page.route('**/api/session', (route) => route.abort());
    await sockets[0]?.close();
    await page.getByText('连接已断开，正在重连').waitFor();
    await page.unroute('**/api/session');
    await page.getByRole('button', { name: '立即重连' }).press('Enter');
    await page.getByText('已连接', { exact: true }).first().waitFor();
    expect(sockets.length).toBeGreaterThan(1);
  });

  it('is clean for axe in both languages and both themes, and remembers them', async () => {
    const { context, page: checked } = await withoutPolicy(page);
    await checked.getByRole('heading', { name: '导入数据' }).waitFor();
    expect(await accessibilityFaults(checked)).toEqual([]);
    await checked.keyboard.press('Control+k');
    await checked.getByRole('dialog', { name: '命令面板' }).waitFor();
    expect(await accessibilityFaults(checked)).toEqual([]);
    await context.close();

    await page.getByRole('button', { name: 'Switch to English' }).press('Enter');
    await page.getByRole('button', { name: /Change appearance/u }).press('Enter');
    await page.getByRole('button', { name: /Change appearance/u }).press('Enter');
    await page.reload();
    await page.getByRole('heading', { name: 'Import data' }).waitFor();
    expect([await theme(), await page.evaluate(() => document.documentElement.lang)]).toEqual(['dark', 'en']);
    const dark = await withoutPolicy(page);
    await dark.page.getByRole('heading', { name: 'Import data' }).waitFor();
    expect(await accessibilityFaults(dark.page)).toEqual([]);
    await dark.context.close();
  });

  it('the demo fills the form with the sample rows and the tiny model', async () => {
    await page.getByRole('button', { name: 'Prepare the demo' }).press('Enter');
    await page.waitForURL(/#\/new$/u);
    const filled = (name: string): Promise<unknown> =>
      page.waitForFunction(
        (wanted) => [...document.querySelectorAll('input')].some(({ value }) => value.includes(wanted)),
        name,
      );
    await filled('tiny-model');
    await filled('quickstart');
  });

  it('nothing was written to the console but what the policy refused', () => {
    expect(studio.complaints.filter((line) => !/Content Security Policy|Trusted|ERR_/u.test(line))).toEqual(
      [],
    );
  });
});
