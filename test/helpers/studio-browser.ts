import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';

import { sharedFolder } from './studio-cli.ts';
import { startStudioServer } from './studio-server.ts';

/** Where systems keep a Chromium; LEGAL_EAGLE_TEST_BROWSER names another. */
const BROWSERS = [
  process.env['LEGAL_EAGLE_TEST_BROWSER'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

const browserPath = (): string | undefined => BROWSERS.find((file) => file !== undefined && existsSync(file));

export type StudioBrowser = Readonly<{
  page: Page;
  home: string;
  /** What the page wrote to its console as errors, and what it threw. */
  complaints: readonly string[];
  close: () => Promise<void>;
}>;

export type StudioBrowserOptions = Readonly<{
  language?: 'zh-CN' | 'en';
  theme?: 'light' | 'dark';
  grant?: readonly string[];
  /** Further arguments of `serve`. */
  serveArgs?: readonly string[];
  /** A data folder that stays; without it a fresh one is made and goes with the browser. */
  home?: string;
  /** Variables of the server besides those of this process. */
  variables?: Readonly<Record<string, string>>;
}>;

/** `legal-eagle serve` on a data folder, and a real browser on its printed address. */
export async function openStudioBrowser(options: StudioBrowserOptions = {}): Promise<StudioBrowser> {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error('no Chromium: set LEGAL_EAGLE_TEST_BROWSER');
  const home = options.home ?? mkdtempSync(path.join(tmpdir(), 'legal-eagle-browser-'));
  const granted = [sharedFolder, ...(options.grant ?? [])];
  const server = await startStudioServer(home, granted, options.variables, options.serveArgs);
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await server.close();
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  };
  try {
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    // A context of its own, so that a test can open further pages as the same person.
    const context = await browser.newContext({
      locale: options.language ?? 'zh-CN',
      colorScheme: options.theme ?? 'light',
      viewport: { width: 1440, height: 900 },
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.address);
    // A reload before the one-time token is used up and out of the address would offer it twice.
    await page
      .getByText(/^(Connected|已连接)$/u)
      .first()
      .waitFor({ state: 'attached' });
    return { page, home, complaints, close };
  } catch (error) {
    await close();
    throw error;
  }
}
