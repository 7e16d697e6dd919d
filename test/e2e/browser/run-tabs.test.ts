import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';

const WAIT_MS = 180_000;
const NAME =
  '民间借贷与劳动争议纠纷裁判文书摘要生成以及法律条文引用准确性对照试验第三轮学习率千分之一秩八全线性层适配器版本';
const LOG_LINES = 30_000;

/** What stands under the curves of a run: answers, checkpoints, log, report. */
describe('the tabs of a run', () => {
  let studio: StudioBrowser;
  let page: Page;
  let runId = '';

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('link', { name: '训练记录' }).waitFor();
    const { datasetId } = await callFromPage(page, 'datasets.import', {
      sources: [path.join(sharedFolder, 'data/disc-law-sft/triplet.jsonl')],
      accept: 'usable',
      evalFraction: 0.2,
    });
    while ((await callFromPage(page, 'datasets.show', { dataset: datasetId })).state !== 'ready') {
      await page.waitForTimeout(300);
    }
    const recipe = {
      name: NAME,
      model: path.join(repositoryRoot, 'resources/tiny-model'),
      dataset: datasetId,
      cutoffLength: 256,
      epochs: 500,
      maxSteps: 3000,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      evaluation: {
        everySteps: 1000,
        maxRows: 2,
        samplePrompts: ['什么是合同？', '工资拖欠怎么办？'],
        sampleEverySteps: 1000,
        sampleMaxTokens: 4,
      },
      checkpoints: { everySteps: 4, keepLast: 2 },
      hardware: { cpuThreads: 1 },
    };
    ({ runId } = await callFromPage(page, 'runs.start', { recipe }));
    await page.evaluate((hash) => void (window.location.hash = hash), `/runs/${runId}`);
  });

  afterAll(async () => {
    const live = runId === '' ? undefined : await callFromPage(page, 'runs.show', { run: runId });
    if (live?.state === 'running') await callFromPage(page, 'runs.stop', { run: runId, deadlineMs: 0 });
    await studio.close();
  });

  const tab = (name: string): Promise<void> => page.getByRole('tab', { name }).click();

  it('says that it has answered when the answers are there, not when it was asked', async () => {
    await page.getByText(/^第 [1-9][\d,]* \/ 3,000 步/u).waitFor();
    await page.getByRole('button', { name: '立即试答' }).press('Enter');
    const said = await page.getByText(/^第 [\d,]+ 步的试答已完成/u).innerText();
    const step = /[\d,]+/u.exec(said)?.[0] ?? '';
    const board = page.getByRole('region', { name: '试答对比' });
    await board.getByRole('columnheader', { name: `第 ${step} 步` }).waitFor();
    expect(await board.getByRole('columnheader').nth(1).innerText()).toBe('基座模型');
    const { samples } = await callFromPage(page, 'runs.show', { run: runId });
    expect(samples.filter((one) => String(one.step) === step.replace(',', '')).length).toBe(2);
  });

  it('keeps the base column in view when the board is scrolled to the newest answer', async () => {
    await page.setViewportSize({ width: 1000, height: 800 });
    await page.getByRole('button', { name: '立即试答' }).click();
    const board = page.getByRole('region', { name: '试答对比' });
    await expect.poll(() => board.getByRole('columnheader').count(), { timeout: WAIT_MS }).toBeGreaterThan(3);
    await expect.poll(() => board.evaluate((box) => box.scrollLeft), { timeout: WAIT_MS }).toBeGreaterThan(0);
    const box = await board.boundingBox();
    const base = await board.getByRole('columnheader', { name: '基座模型' }).boundingBox();
    expect(base?.x).toBeGreaterThan(box?.x ?? Infinity);
    expect((base?.x ?? 0) + (base?.width ?? Infinity)).toBeLessThan((box?.x ?? 0) + (box?.width ?? 0));
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('lets go of the marks of checkpoints that were removed to keep the newest two', async () => {
    const marks = page.locator('section[aria-label$="· 损失"] path[d$="l5 5l-5 5l-5 -5z"]');
    await expect
      .poll(async () => (await callFromPage(page, 'runs.show', { run: runId })).step, { timeout: WAIT_MS })
      .toBeGreaterThan(20);
    await page.getByRole('button', { name: '停止并保存' }).click();
    await page.getByText(/^已停止；第 [\d,]+ 步的检查点完整，可断点续训$/u).waitFor();
    const { items } = await callFromPage(page, 'runs.checkpoints', { run: runId });
    expect(items.length).toBeLessThan(4);
    await tab('检查点');
    await expect.poll(() => page.getByText('完整，可断点续训，可合并').count()).toBe(items.length);
    await expect.poll(() => marks.count(), { timeout: WAIT_MS }).toBe(items.length);
  });

  it('says why a checkpoint is torn, and goes back to one only after it was asked about what is lost', async () => {
    const { items } = await callFromPage(page, 'runs.checkpoints', { run: runId });
    const torn = items.at(-1)?.path ?? '';
    const [weights = ''] = readdirSync(torn).filter((name) => name.endsWith('.safetensors'));
    const file = path.join(torn, weights);
    writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size >> 1));
    await page.reload();
    await tab('检查点');
    await page.getByText(new RegExp(`^${weights} 只有 .+，应为 .+。$`, 'u')).waitFor();
    await page.getByText(/^第 [\d,]+ 步的检查点完整，可断点续训；之后的 [\d,]+ 步需要重新训练。$/u).waitFor();
    await page.getByRole('button', { name: '从这里断点续训' }).first().press('Enter');
    await page.getByText(/^之后的 [\d,]+ 步将作废/u).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await callFromPage(page, 'runs.show', { run: runId })).attempts).toBe(1);
  });

  it('finds a line of the whole log that was never loaded, walks through the lines found, and clears with Esc', async () => {
    const { attemptList } = await callFromPage(page, 'runs.show', { run: runId });
    const lines = Array.from({ length: LOG_LINES }, (_, at) => `step ${String(at)} loss=1.0 数据样本`);
    lines[3] = '\u001b[31mERROR\u001b[0m 梯度溢出 first';
    lines[9] = ' 10%\r 50%\r100% 梯度溢出 second';
    writeFileSync(path.join(attemptList[0]?.dir ?? '', 'log.txt'), `${lines.join('\n')}\n`);
    await tab('日志');
    const log = page.getByRole('region', { name: '日志' });
    await log.getByText(`step ${String(LOG_LINES - 1)} `).waitFor();
    const search = page.getByRole('textbox', { name: '在整份日志中搜索' });
    await search.fill('梯度溢出');
    await page.getByText('第 2 行，共 2 行匹配').waitFor();
    await log.getByText('100% 梯度溢出 second', { exact: true }).waitFor();
    await search.press('Shift+Enter');
    await page.getByText('第 1 行，共 2 行匹配').waitFor();
    await log.getByText('ERROR 梯度溢出 first', { exact: true }).waitFor();
    await search.press('Enter');
    await page.getByText('第 2 行，共 2 行匹配').waitFor();
    await search.press('Escape');
    expect(await search.inputValue()).toBe('');
    await page.getByRole('button', { name: '跳到末尾' }).press('Enter');
    await log.getByText(`step ${String(LOG_LINES - 1)} `).waitFor();
    // Only what is in view is drawn.
    expect(await log.locator('mark, div').count()).toBeLessThan(300);
  });

  it('reads on in both directions when the log is scrolled', async () => {
    const log = page.getByRole('region', { name: '日志' });
    const numbers = async (): Promise<readonly number[]> =>
      [...(await log.innerText()).matchAll(/step (\d+) loss/gu)].map((match) => Number(match[1]));
    // Far more than the pages that a jump brings.
    const FAR = 6000;
    await page.getByRole('button', { name: '跳到开头' }).click();
    await log.getByText('step 0 loss').waitFor();
    await expect
      .poll(
        async () => {
          await log.evaluate((box) => box.scrollTo(0, box.scrollHeight));
          return (await numbers()).at(-1);
        },
        { timeout: WAIT_MS },
      )
      .toBeGreaterThan(FAR);
    await page.getByRole('button', { name: '跳到末尾' }).click();
    await log.getByText(`step ${String(LOG_LINES - 1)} `).waitFor();
    await expect
      .poll(
        async () => {
          await log.evaluate((box) => box.scrollTo(0, 0));
          return (await numbers())[0];
        },
        { timeout: WAIT_MS },
      )
      .toBeLessThan(LOG_LINES - FAR);
    const shown = await numbers();
    expect(shown).toEqual(shown.map((_, at) => (shown[0] ?? 0) + at));
  });

  it('gives its report to keep: one page in the language of the screen, without a script', async () => {
    await page.getByRole('button', { name: '更多操作' }).press('Enter');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: /^训练报告/u }).press('Enter'),
    ]);
    const html = readFileSync(await download.path(), 'utf8');
    expect(download.suggestedFilename()).toBe(`${NAME}-${runId.slice(-6)}.html`);
    expect(html).toContain(`<h1>${NAME}</h1>`);
    expect(html).toContain('<svg');
    expect(html).not.toContain('<script');
  });

  // Bug caught: what a person reads of a run is a line of JSON, an id, or English on a Chinese page.
  it('says in words what happened, on what it ran and which dataset it had', async () => {
    await page.getByRole('tab', { name: '事件' }).click();
    const events = page.getByRole('region', { name: '事件' });
    await events
      .getByText(/^共 3,000 步，全局批大小 1；/u)
      .first()
      .waitFor();
    const device = events.getByText(/（cpu），精度 fp32$/u).first();
    await device.click();
    await events.getByText('"cpuThreads": 1').first().waitFor();
    await page.getByRole('tab', { name: '设置' }).click();
    const { datasetId, datasetName } = await callFromPage(page, 'runs.show', { run: runId });
    const link = page.getByRole('link', { name: datasetName, exact: true });
    expect(await link.getAttribute('href')).toBe(`#/datasets/${datasetId ?? ''}`);
    await page.getByText('编译加速 关：在 CPU 上得不偿失').waitFor();
    expect(
      await page
        .getByRole('tabpanel')
        .getByText(/loraParameters|cpuThreads \d/u)
        .count(),
    ).toBe(0);
  });

  it('is clean for axe on every tab', async () => {
    const browser = page.context().browser();
    const context: BrowserContext | undefined = await browser?.newContext({
      bypassCSP: true,
      locale: 'zh-CN',
      storageState: await page.context().storageState(),
    });
    const checked = await context?.newPage();
    if (checked === undefined) throw new Error('there is a browser');
    checked.setDefaultTimeout(WAIT_MS);
    await checked.goto(page.url());
    for (const name of ['试答对比', '检查点', '日志', '设置', '事件']) {
      await checked.getByRole('tab', { name }).click();
      await checked.waitForTimeout(500);
      expect([name, await accessibilityFaults(checked)]).toEqual([name, []]);
    }
    await context?.close();
  });
});
