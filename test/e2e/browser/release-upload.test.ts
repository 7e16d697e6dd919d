import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startModelScope, type HubProcess } from '../../helpers/hub-process.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { TEST_PYTHON } from '../../integration/core/core-harness.ts';
import { HUB_OWNER, HUB_TOKEN } from '../../integration/release/released-studio.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { addAccountByHand, releaseByHand } from './release-journey.ts';
import { screenWords } from './screen-words.ts';
import { trainTinyRun } from './tiny-run.ts';
import { withoutPolicy } from './without-policy.ts';

const WAIT_MS = 240_000;
/** Before each piece of a body, so that an upload is seen on its way. */
const SLOW_SECONDS = 0.4;

/** The last step of the seed's work by hand: an account, a card, a private upload, its page, and only then the public. */
describe.each(['zh-CN', 'en'] as const)('a release by hand in %s', { timeout: WAIT_MS }, (language) => {
  const shots = process.env['LEGAL_EAGLE_TEST_SHOTS'];
  const hubFolder = mkdtempSync(path.join(tmpdir(), 'hub '));
  let hub: HubProcess;
  let studio: StudioBrowser;
  let context: BrowserContext;
  let page: Page;
  let runId: string;

  beforeAll(async () => {
    hub = await startModelScope(TEST_PYTHON, hubFolder, SLOW_SECONDS);
    studio = await openStudioBrowser({ language });
    runId = await trainTinyRun(studio.page);
    // The checker's script is no part of the page.
    ({ context, page } = await withoutPolicy(studio.page, {
      locale: language,
      colorScheme: language === 'en' ? 'dark' : 'light',
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 800 },
    }));
    page.setDefaultTimeout(WAIT_MS / 2);
  }, WAIT_MS);
  afterAll(async () => {
    await context.close();
    await studio.close();
    await hub.close();
    rmSync(hubFolder, { recursive: true, force: true });
  });

  it('account, card, private upload with progress, its page, and going public as a step of its own', async () => {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    const journey = {
      page,
      words: screenWords(language),
      hub: { endpoint: hub.endpoint, token: HUB_TOKEN, owner: HUB_OWNER },
      runId,
      repositoryName: 'by-hand-lora',
      look: async (state: string): Promise<void> => {
        if (shots !== undefined)
          await page.screenshot({
            path: path.join(shots, `upload-${state}-${language}.png`),
            fullPage: true,
          });
        if (state !== 'progress') expect(await accessibilityFaults(page)).toEqual([]);
      },
    };
    await addAccountByHand(journey);
    const address = await releaseByHand(journey);
    const { items } = await callFromPage(studio.page, 'releases.list', { limit: 10 });
    expect(items.map(({ repositories, state }) => [repositories, state])).toEqual([
      [[`${HUB_OWNER}/by-hand-lora`], 'done'],
    ]);
    await page.evaluate(() => {
      window.open = (opened) => {
        document.title = String(opened);
        return null;
      };
    });
    await page.getByRole('button', { name: address }).click();
    expect(await page.title()).toBe(address);
    expect(await page.content()).not.toContain(HUB_TOKEN);
    expect(complaints).toEqual([]);
  });
});
