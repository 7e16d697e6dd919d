import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';

import { repositoryRoot, sharedFolder } from './studio-cli.ts';

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
  grant?: readonly string[];
  /** A data folder that stays; without it a fresh one is made and goes with the browser. */
  home?: string;
}>;

/** `legal-eagle serve` on a data folder, and a real browser on its printed address. */
export async function openStudioBrowser(options: StudioBrowserOptions = {}): Promise<StudioBrowser> {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error('no Chromium: set LEGAL_EAGLE_TEST_BROWSER');
  const home = options.home ?? mkdtempSync(path.join(tmpdir(), 'legal-eagle-browser-'));
  const grants = [sharedFolder, ...(options.grant ?? [])].flatMap((folder) => ['--grant', folder]);
  const server = spawn(
    process.execPath,
    [path.join(repositoryRoot, 'electron/cli/main.ts'), 'serve', '--port', '0', ...grants],
    {
      env: { ...process.env, LEGAL_EAGLE_HOME: home, LEGAL_EAGLE_VARIANT: 'dev', LEGAL_EAGLE_LANGUAGE: 'en' },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await ended(server);
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  };
  try {
    const address = await addressOf(server);
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
    const page = await browser.newPage({
      locale: options.language ?? 'zh-CN',
      viewport: { width: 1440, height: 900 },
    });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    return { page, home, complaints, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const read = (text: string): void => {
      said += text;
      const address = /https?:\/\/\S+#token=\S+/u.exec(said)?.[0];
      if (address !== undefined) resolve(address);
    };
    server.stdout?.setEncoding('utf8').on('data', read);
    server.stderr?.setEncoding('utf8').on('data', read);
    server.on('error', reject);
    server.on('close', (code) => reject(new Error(`serve ended with ${String(code)}: ${said}`)));
  });
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) {
      resolve();
      return;
    }
    server.on('close', () => resolve());
    server.kill('SIGTERM');
  });
}
