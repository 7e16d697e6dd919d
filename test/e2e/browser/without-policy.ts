import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

/** The same person in a window that lets the checker's script in. */
export async function withoutPolicy(
  page: Page,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has a browser');
  const storageState = await page.context().storageState();
  const context = await browser.newContext({
    bypassCSP: true,
    storageState,
    locale: 'zh-CN',
    ...options,
  });
  const opened = await context.newPage();
  await opened.goto(page.url());
  return { context, page: opened };
}
