import path from 'node:path';

import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { screenWords } from './screen-words.ts';

const WAIT_MS = 60_000;
const RUN_WAIT_MS = 240_000;
const OWNER = 'reader';
const HOSTILE = '<img src=x onerror="document.title=1"> 合同助手';

/** From a finished run to the button that uploads it, as a person in either language goes there. */
describe('export and release', { timeout: RUN_WAIT_MS }, () => {
  const shots = process.env['LEGAL_EAGLE_TEST_SHOTS'];
  let studio: StudioBrowser;
  let runId: string;
  let modelId: string;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    const { page } = studio;
    const source = path.join(sharedFolder, 'data/disc-law-sft/pair.jsonl');
    const { datasetId } = await callFromPage(page, 'datasets.import', {
      sources: [source],
      name: 'DISC-Law-SFT 问答',
      accept: 'usable',
      evalFraction: 0.1,
    });
    const becomes = async (state: () => Promise<string>, wanted: string): Promise<void> =>
      vi.waitFor(async () => expect(await state()).toBe(wanted), {
        timeout: RUN_WAIT_MS / 2,
        interval: 300,
      });
    await becomes(
      async () => (await callFromPage(page, 'datasets.show', { dataset: datasetId })).state,
      'ready',
    );
    const model = await callFromPage(page, 'models.add', {
      path: path.join(repositoryRoot, 'resources/tiny-model'),
    });
    modelId = model.id;
    const recipe = {
      name: '合同纠纷',
      model: modelId,
      dataset: datasetId,
      maxSteps: 2,
      cutoffLength: 128,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      lora: { rank: 2, targets: 'attention' },
      evaluation: { everySteps: 0, maxRows: 2, samplePrompts: [] },
      hardware: { device: 'cpu', cpuThreads: 1 },
    };
    ({ runId } = await callFromPage(page, 'runs.start', { recipe }));
    await becomes(async () => (await callFromPage(page, 'runs.show', { run: runId })).state, 'done');
    await callFromPage(page, 'accounts.put', {
      hub: 'modelscope',
      label: '发布账号',
      username: OWNER,
      token: 'ms-canary-release-form-0001',
    });
  }, RUN_WAIT_MS);
  afterAll(async () => {
    await studio.close();
  });

  describe.each(['zh-CN', 'en'] as const)('in %s', (language) => {
    const words = screenWords(language);
    const say = (key: string, values: Readonly<Record<string, string | number>> = {}): string =>
      words.say(`release:${key}`, values);
    let context: BrowserContext;
    let page: Page;
    const complaints: string[] = [];

    beforeAll(async () => {
      const browser = studio.page.context().browser();
      if (browser === null) throw new Error('the page has a browser');
      context = await browser.newContext({
        // The checker's script is no part of the page.
        bypassCSP: true,
        storageState: { cookies: await studio.page.context().cookies(), origins: [] },
        locale: language,
        colorScheme: language === 'en' ? 'dark' : 'light',
        reducedMotion: 'reduce',
        viewport: { width: 1280, height: 800 },
      });
      page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS);
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${new URL(studio.page.url()).origin}/#/runs/${runId}`);
    });
    afterAll(async () => {
      await context.close();
    });

    const look = async (name: string): Promise<void> => {
      expect(await accessibilityFaults(page)).toEqual([]);
      if (shots !== undefined)
        await page.screenshot({ path: path.join(shots, `release-${name}-${language}.png`) });
    };

    it('is reached from a finished run; the adapter alone is chosen, with its size, and no licence', async () => {
      await page.getByRole('link', { name: words.say('run:action.release') }).click();
      await page.waitForURL(new RegExp(`release\\?run=${runId}$`, 'u'));
      const adapter = page.getByRole('checkbox', { name: say('part.adapter') });
      await adapter.waitFor();
      expect(await adapter.isChecked()).toBe(true);
      // Catches: a preselected licence, which nobody has chosen.
      expect(await page.getByRole('combobox', { name: say('where.licence') }).inputValue()).toBe('');
      const start = page.getByRole('button', { name: say('start.do') });
      expect(await start.isDisabled()).toBe(true);
      await page.getByText(say('blocker.account'), { exact: true }).waitFor();
      await look('form');
    });

    it('shows the card word for word, for either hub and in either language; HTML in it stays text', async () => {
      const card = page.getByRole('article', { name: say('card.title') });
      await card.getByText('tasks:').waitFor();
      await page
        .getByRole('radiogroup', { name: say('card.hub') })
        .getByText('Hugging Face')
        .click();
      await card.getByText('library_name: peft').waitFor();
      const other = language === 'en' ? 'zh' : 'en';
      await page
        .getByRole('radiogroup', { name: say('card.language') })
        .getByText(say(`card.${other}`), { exact: true })
        .click();
      await card.getByText(other === 'en' ? /not legal advice/u : /不构成法律意见/u).waitFor();
      await page.getByRole('button', { name: new RegExp(`^${say('texts.words')}`, 'u') }).click();
      await page.getByLabel(say('texts.name')).fill(HOSTILE);
      await card.getByText('合同助手').first().waitFor();
      expect(await card.locator('img').count()).toBe(0);
      expect(await page.title()).not.toBe('1');
      await page.getByLabel(say('texts.name')).fill('');
      await look('card');
    });

    it('says what keeps it from starting, one thing after the other, and lets go when nothing does', async () => {
      const start = page.getByRole('button', { name: say('start.do') });
      await page.getByRole('combobox', { name: say('where.account') }).click();
      await page.getByRole('option', { name: /发布账号/u }).click();
      await expect.poll(() => start.isEnabled()).toBe(true);
      await page.getByText(say('what.becomes', { repository: `${OWNER}/` })).waitFor();
      const name = page.getByLabel(say('what.nameOf', { part: say('part.adapter') }));
      const offered = await name.inputValue();
      await name.fill('no spaces');
      await expect.poll(() => start.isDisabled()).toBe(true);
      await name.fill(offered);
      await page.getByRole('combobox', { name: say('where.licence') }).fill('MIT License');
      // The warning about the base's licence is said again by the chosen one.
      await page.getByText('W5').waitFor();
      await expect.poll(() => start.isEnabled()).toBe(true);
      await look('ready');
      expect(complaints).toEqual([]);
    });

    it('a page that is loaded anew still has what was decided', async () => {
      await page.reload();
      await expect
        .poll(() => page.getByRole('combobox', { name: say('where.licence') }).inputValue(), {
          timeout: WAIT_MS,
        })
        .toBe('MIT License');
    });

    it('a local export of the same adapter is one link away, and its dialog stands open there', async () => {
      await page.getByRole('link', { name: say('what.local') }).click();
      await page.getByRole('dialog').getByText(words.say('models:export.noFolder')).waitFor();
      await page.keyboard.press('Escape');
    });

    it('without a source it offers what came of runs, and never a base', async () => {
      await page.keyboard.press('g');
      await page.keyboard.press('e');
      await page.waitForURL(/#\/release$/u);
      const source = page.getByRole('combobox', { name: say('source.label') });
      await source.click();
      await page.getByRole('option', { name: /合同纠纷/u }).waitFor();
      expect(await page.getByRole('option').count()).toBe(1);
      await page.getByRole('option').first().click();
      await page.getByRole('button', { name: say('source.go') }).click();
      await page.waitForURL(new RegExp(`run=${runId}$`, 'u'));
      expect(modelId).not.toBe(runId);
    });
  });
});
