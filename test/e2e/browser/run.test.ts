import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cutSockets, keepSockets } from './cut-sockets.ts';
import { callFromPage } from './page-calls.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';

const WAIT_MS = 180_000;
const LOSS_LINE = 'section[aria-label$="· 损失"] [data-part="line"]';

/** A real run of the tiny model, watched and steered by hand in a real browser over the real server. */
describe('a run in the browser', () => {
  let studio: StudioBrowser;
  let page: Page;
  let runId = '';
  let datasetId: string;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    await keepSockets(page);
    await page.reload();
    await page.getByRole('link', { name: '训练记录' }).waitFor();
    ({ datasetId } = await callFromPage(page, 'datasets.import', {
      sources: [path.join(sharedFolder, 'data/disc-law-sft/triplet.jsonl')],
      accept: 'usable',
      evalFraction: 0.2,
    }));
    while ((await callFromPage(page, 'datasets.show', { dataset: datasetId })).state !== 'ready') {
      await page.waitForTimeout(300);
    }
    runId = await start('合同纠纷 r8', { maxSteps: 2000 });
    await open(`/runs/${runId}`);
  });

  afterAll(async () => {
    const live = runId === '' ? undefined : await callFromPage(page, 'runs.show', { run: runId });
    if (live?.state === 'running') await callFromPage(page, 'runs.stop', { run: runId, deadlineMs: 0 });
    await studio.close();
  });

  async function start(name: string, changes: Readonly<Record<string, unknown>>): Promise<string> {
    const recipe = {
      name,
      model: path.join(repositoryRoot, 'resources/tiny-model'),
      dataset: datasetId,
      cutoffLength: 256,
      epochs: 500,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      evaluation: { everySteps: 40, maxRows: 2, samplePrompts: ['什么是合同？'], sampleMaxTokens: 4 },
      // Kept, so that one which was asked for is still there when a busy machine gets to look.
      checkpoints: { everySteps: 25, keepLast: 1000 },
      hardware: { cpuThreads: 1 },
      ...changes,
    };
    return (await callFromPage(page, 'runs.start', { recipe })).runId;
  }

  const open = async (route: string): Promise<void> => {
    await page.evaluate((hash) => void (window.location.hash = hash), route);
  };
  const stepShown = async (): Promise<number> => {
    const text = await page
      .getByText(/^第 [\d,]+ \/ [\d,—]+ 步/u)
      .first()
      .innerText();
    return Number((/[\d,]+/u.exec(text)?.[0] ?? '0').replaceAll(',', ''));
  };
  const waitForStepAfter = async (step: number): Promise<void> => {
    await expect.poll(stepShown, { timeout: WAIT_MS, interval: 300 }).toBeGreaterThan(step);
  };
  const curve = async (): Promise<string> => (await page.locator(LOSS_LINE).first().getAttribute('d')) ?? '';
  /** Points of the drawn curve: a path has one letter a point. */
  const drawnPoints = async (): Promise<number> => [...(await curve()).matchAll(/[ML]/gu)].length;

  it('draws the curve while it trains, and says that it is healthy', async () => {
    await page.locator(LOSS_LINE).first().waitFor({ state: 'attached' });
    await waitForStepAfter(5);
    const before = await curve();
    await waitForStepAfter((await stepShown()) + 3);
    await expect.poll(curve, { timeout: WAIT_MS }).not.toBe(before);
    await page.getByText('正常', { exact: true }).waitFor();
  });

  it('goes on after a reload in the middle', async () => {
    const before = await stepShown();
    await page.reload();
    await waitForStepAfter(before);
    await page.locator(LOSS_LINE).first().waitFor({ state: 'attached' });
  });

  it('goes on after its socket was cut in a burst of points', async () => {
    const before = await stepShown();
    const cut = await cutSockets(page);
    expect(cut).toBe(1);
    await waitForStepAfter(before + 2);
  });

  it('saves on request, then stops and saves, and says what can be resumed', async () => {
    await page.getByRole('button', { name: '立即保存' }).click();
    await page.getByRole('tab', { name: '检查点' }).click();
    await page.getByRole('cell', { name: '立即保存', exact: true }).first().waitFor();
    await page.getByRole('button', { name: '停止并保存' }).click();
    await page.getByText(/^已停止；第 [\d,]+ 步的检查点完整，可断点续训$/u).waitFor();
    await page.getByText('完整，可断点续训，可合并').first().waitFor();
  });

  it('the curve has every point of the run, once', async () => {
    const { series } = await callFromPage(page, 'metrics.query', {
      run: runId,
      keys: ['loss'],
      maxPoints: 600,
    });
    await expect.poll(drawnPoints, { timeout: WAIT_MS }).toBe(series[0]?.points.length);
  });

  it('resumes from the checkpoint, and the curve is carried on without a double step', async () => {
    const before = await stepShown();
    await page.getByRole('button', { name: '断点续训', exact: true }).click();
    await waitForStepAfter(before + 3);
    await page.getByRole('button', { name: '停止并保存' }).click();
    await page.getByText(/^已停止；/u).waitFor();
    const detail = await callFromPage(page, 'runs.show', { run: runId });
    expect(detail.attemptList.length).toBe(2);
    const { series } = await callFromPage(page, 'metrics.query', {
      run: runId,
      keys: ['loss'],
      maxPoints: 600,
    });
    expect(series[0]?.total).toBe(detail.step);
    await expect.poll(drawnPoints, { timeout: WAIT_MS }).toBe(series[0]?.points.length);
  });

  it('is compared with a second run: one chart, and the settings that differ', async () => {
    const second = await start('合同纠纷 r16', { maxSteps: 6, lora: { rank: 16 } });
    await expect
      .poll(async () => (await callFromPage(page, 'runs.show', { run: second })).state, { timeout: WAIT_MS })
      .toBe('done');
    await open('/runs');
    for (const name of ['合同纠纷 r8', '合同纠纷 r16'])
      await page.getByRole('checkbox', { name: `选择“${name}”参与对比` }).check();
    await page.getByRole('button', { name: '对比（2）' }).click();
    await page.locator('section[aria-label="损失"] [data-part="line"]').nth(1).waitFor({ state: 'attached' });
    const row = page.getByRole('row', { name: /lora\.rank/u });
    expect(await row.innerText()).toMatch(/lora\.rank\s+8\s+16/u);
    expect(await page.getByRole('row', { name: /cutoffLength/u }).count()).toBe(0);
  });

  it('exports the figures of a chart in full', async () => {
    await page.getByRole('button', { name: '导出“损失”' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'CSV' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    const detail = await callFromPage(page, 'runs.show', { run: runId });
    expect(lines[0]).toContain('合同纠纷 r8 loss,合同纠纷 r16 loss');
    expect(lines.length).toBe(1 + detail.step);
  });

  it('wrote no error to the console but for the sockets that were cut', () => {
    expect(studio.complaints.filter((one) => !one.includes('WebSocket'))).toEqual([]);
  });
});
