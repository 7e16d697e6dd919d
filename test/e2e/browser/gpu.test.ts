import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';

import { fakeNvidiaSmi, type FakeNvidiaSmi } from '../../helpers/fake-nvidia-smi.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';
import { withoutPolicy } from './without-policy.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';

const WAIT_MS = 60_000;
const FOUR = JSON.parse(
  readFileSync(path.join(repositoryRoot, 'test/fixtures/nvidia-smi/rtx-4090-four.json'), 'utf8'),
) as { answers: readonly { stdout: string }[] };
const CARDS = FOUR.answers[0]?.stdout ?? '';
const [FIRST_UUID = '', SECOND_UUID = ''] = [...CARDS.matchAll(/GPU-[0-9a-f-]+/gu)].map(([uuid]) => uuid);

/** A rig with four cards, as its `nvidia-smi` tells them, in the real browser over the real server. */
describe('the person’s own cards in the browser', () => {
  let studio: StudioBrowser;
  let smi: FakeNvidiaSmi;
  let page: Page;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'le-cards-'));
    smi = fakeNvidiaSmi(dir);
    // The second card has more room than the others.
    smi.answer(CARDS.replace(/(?<=\n1, .*, 24564, )18021/u, '2048'));
    smi.answerProcesses(`${FIRST_UUID}, 4242, /opt/other tools/trainer, 17900\n`);
    const variables = { PATH: `${smi.searchPath}${path.delimiter}${process.env['PATH'] ?? ''}` };
    studio = await openStudioBrowser({ language: 'zh-CN', variables });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('heading', { name: '导入数据' }).waitFor();
  });

  afterAll(async () => {
    await studio.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const openDrawer = async (): Promise<void> => {
    await page.getByTitle('打开显卡遥测').press('Enter');
    await page.getByRole('dialog', { name: '显卡遥测' }).waitFor();
  };
  const closeDrawer = async (): Promise<void> => {
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: '显卡遥测' }).waitFor({ state: 'detached' });
  };

  it('the chips show the first cards and open the drawer, which shows all of them with who holds their memory', async () => {
    await page.getByTitle('打开显卡遥测').getByText('GPU1').waitFor();
    await openDrawer();
    const dialog = page.getByRole('dialog', { name: '显卡遥测' });
    await dialog.getByText(FIRST_UUID).waitFor();
    expect(await dialog.getByRole('heading', { level: 3 }).count()).toBe(4);
    await dialog.getByText('17.6/24.0').first().waitFor();
    await dialog.getByText('412/450').first().waitFor();
    await dialog.getByText('trainer', { exact: true }).waitFor();
    // Curves grow while a person watches: figures of the last minutes, not of one moment.
    const trace = dialog.getByRole('img', { name: /^温度，最近 5 分钟：最低 67 °C，最高 90 °C$/u }).first();
    smi.answer(CARDS.replaceAll(', 67, ', ', 90, '));
    await trace.waitFor();
    await closeDrawer();
  });

  it('the drawer is clean for axe, light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { context, page: checked } = await withoutPolicy(page, { colorScheme });
      await checked.getByTitle('打开显卡遥测').press('Enter');
      await checked.getByRole('dialog', { name: '显卡遥测' }).getByText(SECOND_UUID).waitFor();
      expect(await accessibilityFaults(checked)).toEqual([]);
      await context.close();
    }
  });

  it('the form offers the cards by name and free memory; one that is gone is refused in words', async () => {
    await page.getByRole('button', { name: '准备演示' }).press('Enter');
    await page.waitForURL(/#\/new$/u);
    const choice = page.getByRole('combobox', { name: '显卡', exact: true });
    await choice.waitFor();
    const chosen = page.locator('.mantine-MultiSelect-pill');
    await chosen.getByText('自动：空闲显存最多的一张').waitFor();
    await choice.press('ArrowDown');
    await page.getByRole('option', { name: /^GPU1 · NVIDIA GeForce RTX 4090 · 空闲 / }).click();
    await chosen.getByText(/^GPU1 · /u).waitFor();
    expect(await chosen.count()).toBe(1);
    // The environment of this test computes on the CPU only, which the preflight says of a chosen card.
    await page.getByText('训练方案要求使用 CUDA 显卡').waitFor();
    smi.answer(
      CARDS.split('\n')
        .filter((line) => !line.includes(SECOND_UUID))
        .join('\n'),
    );
    await chosen.getByText(`${SECOND_UUID}（不在本机）`).waitFor();
    smi.answer(CARDS);
    await chosen.getByText(/^GPU1 · /u).waitFor();
  });

  it('several cards are chosen together, one process each; several machines get a line each', async () => {
    // Bug caught: a second card takes the place of the first, or the batch and the lines count one process.
    const choice = page.getByRole('combobox', { name: '显卡', exact: true });
    await choice.press('ArrowDown');
    await page.getByRole('option', { name: /^GPU2 · / }).click();
    await page.keyboard.press('Escape');
    await page.getByText('2 张显卡一起训练').waitFor();
    await page.getByText(/^\d+ × \d+ × 2 = \d+ 条$/u).waitFor();
    await page.getByRole('button', { name: '多台机器…' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: '在多台机器上训练' });
    const hosts = dialog.getByRole('textbox', { name: '机器', exact: true });
    await hosts.fill('node-1');
    await dialog.getByText('train.hosts_too_few').waitFor();
    await hosts.fill('node-1,node-2');
    const second = dialog.getByRole('region', { name: 'node-2' });
    await second.getByText(/--node-rank 1 --nproc-per-node 2 .*--set hardware\.gpu=auto$/u).waitFor();
    await dialog.getByRole('button', { name: '复制 node-2 的命令' }).waitFor();
    await dialog.getByText(/2 台机器，每台 2 个进程：.* × 4 = /u).waitFor();
    const saved = page.waitForEvent('download');
    await dialog.getByRole('button', { name: '保存训练方案文件' }).press('Enter');
    const file = JSON.parse(readFileSync(await (await saved).path(), 'utf8')) as Record<string, unknown>;
    // Another machine knows no id of this library and none of these cards.
    expect(file).toMatchObject({ hardware: { gpu: 'auto', processes: 2 } });
    expect(String(file['model'])).toMatch(/tiny-model$/u);
    expect(path.isAbsolute(String(file['dataset']))).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  it('a run keeps what the cards did, and draws it live and afterwards', async () => {
    const recipe = await callFromPage(page, 'app.samples', {});
    const { items } = await callFromPage(page, 'datasets.list', { limit: 1 });
    const { runId } = await callFromPage(page, 'runs.start', {
      recipe: {
        name: '显卡曲线',
        model: recipe.modelPath,
        dataset: items[0]?.id ?? '',
        maxSteps: 400,
        cutoffLength: 64,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        lora: { rank: 2, targets: 'attention' },
        evaluation: { everySteps: 0, maxRows: 1 },
        checkpoints: { everySteps: 0 },
        hardware: { device: 'cpu', cpuThreads: 1 },
      },
    });
    const home = page.url().split('#')[0] ?? '';
    // Stops the run also where the page that draws it is short of processor time.
    const idle = await page.context().newPage();
    await idle.goto(home);
    await page.goto(`${home}#/runs/${runId}`);
    await page.getByRole('tab', { name: '显卡' }).click();
    const chart = (figure: string): Locator => page.getByRole('region', { name: `显卡曲线 · ${figure}` });
    // Appears without a reload, while the run goes on.
    await chart('显存（GB）').getByText('GPU3').waitFor();
    await callFromPage(idle, 'runs.stop', { run: runId });
    await idle.close();
    await page.reload();
    for (const figure of ['显存（GB）', '利用率（%）', '温度（°C）', '功耗（W）']) {
      // An empty chart is a sentence in place of a drawing.
      await chart(figure).locator('svg.recharts-surface').waitFor();
      await chart(figure).getByText('GPU0').waitFor();
    }
  });

  it('a driver that fails says so in the bar and with its code in the drawer; so does a machine without cards', async () => {
    smi.answer('Failed to initialize NVML: Driver/library version mismatch\n', 18);
    await page.getByTitle('打开显卡遥测').getByText('显卡驱动无响应').waitFor();
    await openDrawer();
    const dialog = page.getByRole('dialog', { name: '显卡遥测' });
    await dialog.getByText('gpu.driver_failed').waitFor();
    await dialog
      .getByText(/Driver\/library version mismatch/u)
      .first()
      .waitFor();
    await closeDrawer();
  });
});
