import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';

const WAIT_MS = 180_000;

type Told = Readonly<{ title: string; body: string }>;
/** What the test puts into each page: a browser window that can be hidden, and says what it was told. */
type TestWindow = Window & { told: Told[]; clickLast: () => void; isHidden: boolean; asked: number };

/** Two windows of one person on a real studio that trains and queues real runs of the tiny model. */
describe('the queue in two browser windows', () => {
  let studio: StudioBrowser;
  let page: Page;
  let other: Page;
  let datasetId: string;
  let firstId: string;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    const context = page.context();
    await context.addInitScript(() => {
      const view = window as unknown as TestWindow;
      view.told = [];
      view.isHidden = false;
      view.asked = 0;
      Object.defineProperty(document, 'visibilityState', {
        get: () => (view.isHidden ? 'hidden' : 'visible'),
      });
      let permission = 'default';
      class Recorded {
        static get permission(): string {
          return permission;
        }
        static requestPermission(): Promise<string> {
          view.asked += 1;
          permission = 'granted';
          return Promise.resolve(permission);
        }
        onclick: (() => void) | null = null;
        constructor(title: string, options: { body: string }) {
          view.told.push({ title, body: options.body });
          view.clickLast = () => this.onclick?.();
        }
        close(): void {
          // Nothing is shown.
        }
      }
      Object.defineProperty(window, 'Notification', { value: Recorded });
    });
    page.setDefaultTimeout(60_000);
    await page.reload();
    await page.getByRole('link', { name: '训练记录' }).waitFor();
    other = await context.newPage();
    other.setDefaultTimeout(60_000);
    await other.goto(`${new URL(page.url()).origin}/#/`);
    ({ datasetId } = await callFromPage(page, 'datasets.import', {
      sources: [path.join(repositoryRoot, 'resources/sample-data/rows')],
    }));
    while ((await callFromPage(page, 'datasets.show', { dataset: datasetId })).state !== 'ready')
      await page.waitForTimeout(300);
    firstId = await start('婚姻家事 r8', { maxSteps: 100_000 }, false);
  });

  afterAll(async () => {
    await callFromPage(page, 'queue.setPaused', { paused: true });
    const { items } = await callFromPage(page, 'runs.list', { states: ['starting', 'running'] });
    for (const run of items) await callFromPage(page, 'runs.stop', { run: run.id, deadlineMs: 0 });
    await studio.close();
  });

  async function start(
    name: string,
    changes: Readonly<Record<string, unknown>>,
    queue: boolean,
  ): Promise<string> {
    const recipe = {
      name,
      model: path.join(repositoryRoot, 'resources/tiny-model'),
      dataset: datasetId,
      maxSteps: 4,
      cutoffLength: 64,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      lora: { rank: 2, targets: 'attention' },
      evaluation: { everySteps: 0, maxRows: 2 },
      checkpoints: { everySteps: 0 },
      hardware: { device: 'cpu', cpuThreads: 1 },
      ...changes,
    };
    return (await callFromPage(page, 'runs.start', { recipe, queue })).runId;
  }

  const open = async (where: Page, route: string): Promise<void> => {
    await where.evaluate((hash) => void (window.location.hash = hash), route);
  };
  const order = async (where: Page): Promise<string[]> =>
    where.getByRole('list', { name: '排队的训练，按启动顺序' }).getByRole('link').allInnerTexts();

  it('queues from the form while another run computes, says why, and asks once to notify', async () => {
    await open(page, '/runs');
    await page.getByRole('button', { name: '“婚姻家事 r8”的操作' }).click();
    await page.getByRole('menuitem', { name: '复制并修改' }).click();
    await page.getByText(/^“婚姻家事 r8”正在运行。现在开始会同时运行/u).waitFor();
    await page.getByRole('button', { name: '加入队列' }).click();
    await page.getByRole('link', { name: '轮到时自动开始，点此查看' }).click();
    await page.getByText('排队中，轮到时自动开始').waitFor();
    await page.getByText('队列第 1 位').waitFor();
    expect(await page.evaluate(() => (window as unknown as TestWindow).asked)).toBe(1);
    const copyId = decodeURIComponent(new URL(page.url()).hash.split('/').at(-1) ?? '');
    expect(await callFromPage(page, 'runs.show', { run: copyId })).toMatchObject({
      state: 'queued',
      attempts: 0,
    });
    await page.getByRole('button', { name: '移出队列' }).click();
    await page.getByText(/^已停止，没有留下检查点/u).waitFor();
    await page.getByRole('button', { name: '撤销' }).click();
    await page.getByText('队列第 1 位').waitFor();
    await page.getByRole('button', { name: '移出队列' }).click();
    await page.getByText(/^已停止，没有留下检查点/u).waitFor();
    const note = page.getByRole('alert').filter({ hasText: '已移出队列' });
    await note.getByRole('button', { name: '关闭' }).click();
    await page.getByRole('button', { name: '撤销' }).waitFor({ state: 'detached' });
  });

  it('shows the order in every window, and keeps the focus on the run that is moved', async () => {
    for (const name of ['甲', '乙', '丙']) await start(name, {}, true);
    await open(page, '/');
    await expect.poll(() => order(page)).toEqual(['甲', '乙', '丙']);
    await expect.poll(() => order(other)).toEqual(['甲', '乙', '丙']);
    await page.getByRole('button', { name: '提前“丙”' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => order(other)).toEqual(['甲', '丙', '乙']);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('提前“丙”');
    await page.keyboard.press('Enter');
    await expect.poll(() => order(other)).toEqual(['丙', '甲', '乙']);
  });

  it('takes a run out and back to its place; the other window saw both', async () => {
    await page.getByRole('button', { name: '移出队列：“甲”' }).click();
    await expect.poll(() => order(other)).toEqual(['丙', '乙']);
    await page.getByRole('button', { name: '撤销' }).click();
    await expect.poll(() => order(other)).toEqual(['丙', '甲', '乙']);
  });

  it('says on every screen what computes and what waits', async () => {
    await open(other, '/chat');
    const strip = other.getByRole('complementary', { name: '正在运行的任务' });
    await strip.getByTitle('打开训练 婚姻家事 r8').waitFor();
    expect(await strip.getByTitle('在首页查看队列').innerText()).toMatch(/3 个训练排队中\s*下一个：丙/u);
    await open(other, '/');
  });

  it('does not write over tags and note that the other window saved unseen', async () => {
    for (const one of [page, other]) {
      await open(one, '/runs');
      await one.getByRole('button', { name: '“乙”的操作' }).click();
      await one.getByRole('menuitem', { name: '标签与备注' }).click();
      await one.getByLabel('备注', { exact: true }).waitFor();
    }
    await other.getByLabel('备注', { exact: true }).fill('学习率太高');
    await other.getByRole('button', { name: '保存', exact: true }).click();
    await page.getByLabel('备注', { exact: true }).fill('我的备注');
    await page.getByText('标签或备注已在另一个窗口中改动').waitFor();
    await page.getByText('备注：学习率太高').waitFor();
    expect(await page.getByRole('button', { name: '保存', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: '仍保存我的内容' }).click();
    await page.getByLabel('备注', { exact: true }).waitFor({ state: 'detached' });
    const { items } = await callFromPage(page, 'runs.list', { search: '乙' });
    expect(items.map((run) => run.note)).toEqual(['我的备注']);
  });

  it('a change that the page has not heard of yet is refused by the studio itself', async () => {
    const call = callFromPage(page, 'runs.setNote', { run: firstId, note: '后写', seen: '从未有过' });
    await expect(call).rejects.toThrow('run.label_changed');
    expect((await callFromPage(page, 'runs.show', { run: firstId })).note).toBe('');
  });

  it('axe finds nothing on Home with runs that compute, wait and are paused', async () => {
    await callFromPage(page, 'queue.setPaused', { paused: true });
    const context = await page
      .context()
      .browser()
      ?.newContext({ bypassCSP: true, storageState: await page.context().storageState(), locale: 'zh-CN' });
    const checked = await context?.newPage();
    if (checked === undefined) throw new Error('no browser');
    await checked.goto(`${new URL(page.url()).origin}/#/`);
    await checked.getByRole('button', { name: '继续队列' }).waitFor();
    expect(await accessibilityFaults(checked)).toEqual([]);
    await context?.close();
  });

  it('tells a hidden window of the end, and a click on that brings the run forward', async () => {
    await open(page, '/');
    await page.evaluate(() => void ((window as unknown as TestWindow).isHidden = true));
    await callFromPage(page, 'runs.stop', { run: firstId });
    await expect
      .poll(() => page.evaluate(() => (window as unknown as TestWindow).told.map((one) => one.title)), {
        timeout: WAIT_MS,
      })
      .toEqual(['训练已停止：婚姻家事 r8']);
    await page.evaluate(() => (window as unknown as TestWindow).clickLast());
    await page.waitForURL((address) => address.hash === `#/runs/${firstId}`);
  });

  it('starts what waits one after another when it is continued', async () => {
    const { items: waiting } = await callFromPage(page, 'queue.list', {});
    expect(waiting.map((item) => item.run.name)).toEqual(['丙', '甲', '乙']);
    await open(page, '/');
    await page.getByRole('button', { name: '继续队列' }).click();
    const states = async (): Promise<string[]> =>
      Promise.all(
        waiting.map(async ({ run }) => (await callFromPage(page, 'runs.show', { run: run.id })).state),
      );
    await expect.poll(states, { timeout: WAIT_MS, interval: 500 }).toEqual(['done', 'done', 'done']);
    const ended = await Promise.all(
      waiting.map(({ run }) => callFromPage(page, 'runs.show', { run: run.id })),
    );
    ended.slice(1).forEach((run, at) => {
      expect(run.startedAtMs).toBeGreaterThanOrEqual(ended[at]?.endedAtMs ?? Infinity);
    });
  });

  it('wrote no error to the console', () => {
    expect(studio.complaints).toEqual([]);
  });
});
