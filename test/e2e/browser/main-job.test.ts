import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { dropFile } from './drop-file.ts';
import { cutSockets, keepSockets } from './cut-sockets.ts';
import { callFromPage } from './page-calls.ts';
import { screenWords } from './screen-words.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';

const WAIT_MS = 240_000;
const SOURCE = path.join(sharedFolder, 'data/disc-law-sft/triplet.jsonl');
const PUBLISHED = 'internlm2-chat-7b-disc-law';
/** Far more than are taken: the runs are stopped by hand. */
const MANY_STEPS = 4000;
const FEW_STEPS = 6;

const MORE_LINES = ['{"id":"x","input":"没有回答的问题"}', '{"id":"y","input":"断'];

const LOOKS = [
  { language: 'zh-CN', theme: 'dark' },
  { language: 'en', theme: 'light' },
] as const;

/** The whole job as a person does it, on real rows and the tiny model, in a real browser over the real server. */
describe.runIf(existsSync(SOURCE))('the main job in the browser', () => {
  describe.each(LOOKS)('$language, $theme', ({ language, theme }) => {
    const { say, like, verdict } = screenWords(language);
    let studio: StudioBrowser;
    let page: Page;
    let runId = '';

    beforeAll(async () => {
      studio = await openStudioBrowser({ language, theme });
      ({ page } = studio);
      page.setDefaultTimeout(WAIT_MS);
      await keepSockets(page);
      await page.reload();
    });

    afterAll(async () => {
      for (const { id, state } of (await callFromPage(page, 'runs.list', {})).items) {
        if (['starting', 'running', 'stopping'].includes(state))
          await callFromPage(page, 'runs.stop', { run: id, deadlineMs: 0 });
      }
      await studio.close();
    });

    const button = (key: string, values?: Readonly<Record<string, string | number>>): Locator =>
      page.getByRole('button', { name: like(key, values) });
    const count = async (part: string): Promise<number> =>
      Number(await page.getByTestId(`count-${part}`).innerText());
    const field = (name: string): Locator =>
      page.getByRole('textbox', { name: say(`new-run:fields.${name}.label`), exact: true });
    const lossLine = (): Locator =>
      page.locator(`section[aria-label$="· ${say('run:curve.loss')}"] [data-part="line"]`).first();
    const curve = async (): Promise<string> => (await lossLine().getAttribute('d')) ?? '';
    const stepShown = async (): Promise<number> => {
      const text = await page
        .getByText(/^\D*[\d,]+ \/ [\d,—]+/u)
        .first()
        .innerText();
      return Number((/[\d,]+/u.exec(text)?.[0] ?? '0').replaceAll(',', ''));
    };
    const waitForStepAfter = async (step: number): Promise<void> => {
      await expect.poll(stepShown, { timeout: WAIT_MS, interval: 300 }).toBeGreaterThan(step);
    };

    /** Every loss of the run; each step once, in order, none left out, and all of them drawn. */
    const expectWholeCurve = async (): Promise<void> => {
      const detail = await callFromPage(page, 'runs.show', { run: runId });
      const { series } = await callFromPage(page, 'metrics.query', {
        run: runId,
        keys: ['loss'],
        maxPoints: 5000,
      });
      const steps = series[0]?.points.map(({ step }) => step) ?? [];
      expect(steps).toEqual(Array.from({ length: detail.step }, (_, at) => at + 1));
      await expect
        .poll(async () => [...(await curve()).matchAll(/[ML]/gu)].length, { timeout: WAIT_MS })
        .toBe(Math.min(steps.length, 600));
    };

    it('a dropped file shows its counts and its problems', async () => {
      await page.getByRole('link', { name: say('common:rail.datasets') }).click();
      const rows = readFileSync(SOURCE, 'utf8').trimEnd();
      const title = page.getByRole('heading', { level: 1, name: say('datasets:title') });
      await dropFile(page, title, '法律三元组.jsonl', `${rows}\n${MORE_LINES.join('\n')}\n`);
      await page.getByRole('cell', { name: String(rows.split('\n').length + 2), exact: true }).waitFor();
      // One row more is read, and left out for want of an answer; the broken line is no row.
      expect(await count('all')).toBe(rows.split('\n').length + 1);
      expect(await count('excluded')).toBe(1);
      expect((await count('train')) + (await count('eval')) + (await count('excluded'))).toBe(
        await count('all'),
      );
    });

    it('the references go into the prompt, and what is left out is agreed to', async () => {
      const question = page.locator('li[data-role="user"]').first();
      const before = await question.innerText();
      await page.getByRole('switch').press('Space');
      await expect.poll(() => question.innerText(), { timeout: WAIT_MS }).not.toBe(before);
      const { reference } = JSON.parse(readFileSync(SOURCE, 'utf8').split('\n')[0] ?? '') as {
        reference: readonly string[];
      };
      expect(await question.innerText()).toContain(reference[0]?.slice(0, 12));
      await page.getByRole('checkbox').press('Space');
      await button('datasets:import.start').press('Enter');
      await page.getByRole('tab', { name: say('datasets:tabs.rows') }).waitFor();
      const { items } = await callFromPage(page, 'datasets.list', {});
      expect(items[0]?.counts).toMatchObject({ rows: 41, excluded: 1 });
    });

    it('a published recipe says what differs here; the small one is chosen, and the preflight read', async () => {
      await button('datasets:detail.train').click();
      await page.getByRole('radio', { name: say(`new-run:presets.${PUBLISHED}.name`) }).click();
      // 4 × 8 × 7 cards.
      await page.getByText(like('new-run:batchDiffers', { published: 224, devices: 7 })).waitFor();
      await page.getByRole('radio', { name: say('new-run:presets.quickstart.name') }).click();
      await button('new-run:model.add').click();
      await page
        .getByRole('textbox', { name: say('new-run:model.folder') })
        .fill(path.join(repositoryRoot, 'resources/tiny-model'));
      await button('new-run:model.addFolder').press('Enter');
      await page.getByText(say('new-run:steps'), { exact: true }).waitFor();
      const search = page.getByRole('textbox', { name: say('new-run:searchFields') });
      for (const [alias, name, value] of [
        ['max_steps', 'maxSteps', MANY_STEPS],
        ['epochs', 'epochs', 500],
        ['cutoff', 'cutoffLength', 1024],
        ['per_device_train_batch_size', 'batch.microBatch', 1],
        ['save_steps', 'checkpoints.everySteps', 25],
        ['eval_steps', 'evaluation.everySteps', 50],
        ['cpuThreads', 'hardware.cpuThreads', 1],
      ] as const) {
        await search.fill(alias);
        await field(name).fill(String(value));
      }
      await search.fill('');
      await page.getByText(like('new-run:globalBatchIs', { micro: 1, accumulation: 1, batch: 1 })).waitFor();
      await page.getByText(like('new-run:memoryFits')).first().waitFor();
    });

    it('training starts, and the curve moves', async () => {
      const start = button('new-run:start');
      await expect.poll(() => start.isDisabled(), { timeout: WAIT_MS }).toBe(false);
      await start.press('Enter');
      await page.waitForURL(/#\/runs\/[0-9A-Z]{26}/u);
      runId = /[0-9A-Z]{26}/u.exec(page.url())?.[0] ?? '';
      await lossLine().waitFor({ state: 'attached' });
      await waitForStepAfter(5);
      const before = await curve();
      await waitForStepAfter((await stepShown()) + 3);
      await expect.poll(curve, { timeout: WAIT_MS }).not.toBe(before);
      const look = await page.evaluate(() => [
        document.documentElement.lang,
        document.documentElement.getAttribute('data-mantine-color-scheme'),
      ]);
      expect(look).toEqual([language, theme]);
    });

    it('it survives a reload and a cut in the middle', async () => {
      const before = await stepShown();
      await page.reload();
      await waitForStepAfter(before);
      const cut = await cutSockets(page);
      expect(cut).toBe(1);
      await waitForStepAfter((await stepShown()) + 2);
    });

    it('it stops and saves, with every point once', async () => {
      await button('run:action.stop').click();
      await page.getByText(verdict('stopped')).waitFor();
      await expectWholeCurve();
    });

    it('it resumes where it stopped, with no step twice', async () => {
      const before = await stepShown();
      await button('run:action.resume').click();
      await waitForStepAfter(before + 3);
      await button('run:action.stop').click();
      await page.getByText(verdict('stopped')).waitFor();
      await expectWholeCurve();
      const { attemptList } = await callFromPage(page, 'runs.show', { run: runId });
      expect(attemptList.map(({ startStep }) => startStep)).toEqual([0, before]);
    });

    it('a clone with edits is a second run, and both are compared', async () => {
      await page.getByRole('tab', { name: say('run:tab.settings') }).click();
      await button('run:action.clone').click();
      const search = page.getByRole('textbox', { name: say('new-run:searchFields') });
      for (const [alias, name, value] of [
        ['max_steps', 'maxSteps', FEW_STEPS],
        ['lora_rank', 'lora.rank', 4],
        ['name', 'name', 'second'],
      ] as const) {
        await search.fill(alias);
        await field(name).first().fill(String(value));
      }
      const start = button('new-run:start');
      await expect.poll(() => start.isDisabled(), { timeout: WAIT_MS }).toBe(false);
      await start.press('Enter');
      await page.waitForURL((url) => url.hash.startsWith('#/runs/') && !url.hash.includes(runId));
      await page.getByText(verdict('done')).waitFor();
      await page.getByRole('link', { name: say('common:rail.runs') }).click();
      for (const name of ['quickstart', 'second'])
        await page.getByRole('checkbox', { name: say('runs:choose', { name }) }).check();
      await button('runs:compare.button', { count: 2 }).click();
      const lines = page.locator(`section[aria-label="${say('runs:metric.loss')}"] [data-part="line"]`);
      await lines.nth(1).waitFor({ state: 'attached' });
      expect(await page.getByRole('row', { name: /lora\.rank/u }).innerText()).toMatch(
        /lora\.rank\s+16\s+4/u,
      );
      expect(await page.getByRole('row', { name: /cutoffLength/u }).count()).toBe(0);
    });

    it('the adapter is merged, and its model opens in the chat', async () => {
      await page.evaluate((id) => void (window.location.hash = `/runs/${id}`), runId);
      await page.getByRole('tab', { name: say('run:tab.checkpoints') }).click();
      await button('run:action.merge').last().click();
      await page.getByRole('link', { name: say('run:merge.chat') }).click();
      await page.waitForURL(/#\/chat\?model=/u);
      const { items } = await callFromPage(page, 'models.list', {});
      expect(items.map(({ origin, state }) => [origin, state])).toContainEqual(['merged', 'ready']);
    });

    // Would catch: a stopped merge that stays failed for good, though its whole files are there.
    it('a merge that was stopped is resumed from its page', async () => {
      const chat = new URL(page.url()).hash;
      const { modelId, jobId } = await callFromPage(page, 'merge.start', { run: runId, name: 'stopped' });
      const state = async (): Promise<string> =>
        (await callFromPage(page, 'models.show', { model: modelId })).state;
      await callFromPage(page, 'jobs.stop', { jobId });
      await expect.poll(state, { timeout: WAIT_MS }).toBe('failed');
      await page.evaluate(() => void (window.location.hash = '/models'));
      await page.getByRole('gridcell', { name: 'stopped', exact: true }).click();
      await button('models:do.resumeMerge').click();
      await expect.poll(state, { timeout: WAIT_MS }).toBe('ready');
      await button('models:do.resumeMerge').waitFor({ state: 'detached' });
      await page.evaluate((hash) => void (window.location.hash = hash), chat);
    });

    it('base and merged answer side by side, word by word', async () => {
      const column = (number: number): Locator =>
        page.getByRole('region', { name: say('chat:column', { number }), exact: true });
      const ready = (number: number): Promise<void> =>
        column(number).getByText(say('chat:fact.template'), { exact: true }).waitFor();
      await ready(1);
      await button('chat:addColumn').click();
      await column(2)
        .getByRole('combobox', { name: say('chat:answers') })
        .click();
      await page.getByRole('option', { name: 'tiny-model', exact: true }).click();
      await ready(2);
      await column(1)
        .getByRole('button', { name: say('chat:settings') })
        .click();
      const sampling = (name: string): Locator =>
        column(1).getByRole('textbox', { name: say(`chat:sampling.${name}`), exact: true });
      await sampling('temperature').fill('0');
      await sampling('maxNewTokens').fill('60');
      await column(1)
        .getByRole('button', { name: say('chat:share') })
        .click();
      for (const number of [1, 2])
        await column(number)
          .getByRole('log')
          .evaluate(
            (log, name) => {
              const lengths = new Set<number>();
              (window as unknown as Record<string, Set<number>>)[name] = lengths;
              new MutationObserver(() => lengths.add(log.textContent.length)).observe(log, {
                subtree: true,
                childList: true,
                characterData: true,
              });
            },
            `lengths${String(number)}`,
          );
      await page.getByRole('textbox', { name: say('chat:question'), exact: true }).fill('什么是抢夺罪？');
      await page.keyboard.press('Enter');
      for (const number of [1, 2]) {
        await column(number)
          .getByRole('button', { name: say('chat:regenerate') })
          .waitFor();
        const sizes = await page.evaluate(
          (name) => (window as unknown as Record<string, Set<number>>)[name]?.size ?? 0,
          `lengths${String(number)}`,
        );
        // The question, the first word, the buttons below the end, and steps between them.
        expect(sizes).toBeGreaterThan(4);
      }
      const [merged, base] = await Promise.all(
        [1, 2].map((number) => column(number).getByRole('log').innerText()),
      );
      // What was learned shows: the same question, greedily answered, is not answered alike.
      expect(merged).not.toBe(base);
    });

    it('the page complained of nothing but the socket that was cut', () => {
      expect(studio.complaints.filter((one) => !one.includes('WebSocket'))).toEqual([]);
    });
  });
});
