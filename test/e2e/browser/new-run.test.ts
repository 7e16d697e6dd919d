import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';

const WAIT_MS = 240_000;

/** The form, its preflight and a trial run of the tiny model, by hand in a real browser over the real server. */
describe('a new run in the browser', () => {
  let studio: StudioBrowser;
  let page: Page;
  let datasetId: string;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    page.setDefaultTimeout(60_000);
    await page.getByRole('link', { name: '新建训练' }).waitFor();
    ({ datasetId } = await callFromPage(page, 'datasets.import', {
      sources: [path.join(sharedFolder, 'data/disc-law-sft/triplet.jsonl')],
      accept: 'usable',
      evalFraction: 0.1,
      name: '法律问答',
    }));
    while ((await callFromPage(page, 'datasets.show', { dataset: datasetId })).state !== 'ready') {
      await page.waitForTimeout(300);
    }
    await callFromPage(page, 'models.add', {
      path: path.join(repositoryRoot, 'resources/tiny-model'),
      name: '小模型',
    });
    await page.getByRole('link', { name: '新建训练' }).click();
    await choose('基座模型', /^小模型/u);
    await choose('数据集', /^法律问答/u);
  });

  afterAll(async () => {
    expect(studio.complaints).toEqual([]);
    await studio.close();
  });

  async function choose(label: string, option: RegExp): Promise<void> {
    await page.getByRole('combobox', { name: label, exact: true }).click();
    await page.getByRole('option', { name: option }).click();
  }

  const sheet = () => page.getByRole('complementary', { name: '开训检查' });
  const startButton = () => sheet().getByRole('button', { name: '开始训练' });
  const field = (label: string) => page.getByLabel(label, { exact: true });
  const fact = async (name: string): Promise<string> =>
    sheet().getByText(name, { exact: true }).locator('xpath=following-sibling::*').innerText();

  it('reads the numbers of the sheet from the core', async () => {
    await sheet().getByText('可训练样本', { exact: true }).waitFor();
    const recipe = { model: '小模型', dataset: datasetId };
    const view = await callFromPage(page, 'preflight.estimate', { recipe });
    expect(await fact('总步数')).toBe(String(view.steps));
    expect(await fact('全局批大小')).toBe(`4 × 4 × 1 = ${String(view.globalBatch)} 条`);
    expect(await fact('磁盘')).toMatch(/^需要 .+，剩余 .+B$/u);
    expect(await fact('训练用时')).toBe('试跑之后才能估计');
  });

  it('counts tokens where they were estimated', async () => {
    expect(await fact('训练词元数')).toContain('按字符数估算');
    await sheet().getByRole('button', { name: '用所选模型统计词元' }).click();
    await sheet().getByText('已统计').waitFor();
  });

  it('a fix button changes the form in sight, and can be taken back', async () => {
    await page.getByRole('radio', { name: /InternLM2-chat-7B 法律/u }).click();
    await page.getByRole('combobox', { name: '计算设备', exact: true }).click();
    await page.getByRole('option', { name: 'NVIDIA 显卡', exact: true }).click();
    const problem = sheet().getByText('训练方案要求使用 CUDA 显卡，但未找到可用的显卡。');
    await problem.waitFor();
    expect(await startButton().isDisabled()).toBe(true);
    await sheet().getByRole('button', { name: '计算设备 → 自动' }).click();
    await problem.waitFor({ state: 'detached' });
    await expect.poll(() => startButton().isEnabled(), { timeout: WAIT_MS }).toBe(true);
    await page.getByRole('button', { name: '还原“计算设备”' }).waitFor({ state: 'detached' });
    await sheet().getByText('计算设备：NVIDIA 显卡 → 自动').waitFor();
    await sheet().getByRole('button', { name: '撤销' }).click();
    await problem.waitFor();
    await page.getByRole('button', { name: '还原“计算设备”' }).waitFor();
  });

  it('fits a published recipe to this rig only after it has shown how', async () => {
    await sheet().getByRole('button', { name: '查看调整…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('row', { name: /^梯度累积 8 2 数据比发布时少得多/u }).waitFor();
    await dialog.getByRole('row', { name: /^计算设备 NVIDIA 显卡 自动/u }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: '保持原样' }).click();
    expect(await field('梯度累积').inputValue()).toBe('8');
    await sheet().getByRole('button', { name: '查看调整…' }).click();
    await dialog.getByRole('button', { name: /^应用 \d 项调整$/u }).click();
    await expect.poll(() => field('梯度累积').inputValue(), { timeout: WAIT_MS }).toBe('2');
    await page.getByText('与发布方案不同：').waitFor();
    await expect.poll(() => startButton().isEnabled(), { timeout: WAIT_MS }).toBe(true);
  });

  it('fills the form from a pasted command, and hides no flag that it could not take', async () => {
    await page.getByRole('button', { name: '粘贴命令或 YAML…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByRole('textbox')
      .fill('torchrun supervised_finetuning.py --lora_rank 24 --my_flag 3 --model_max_length 1024 --fp16');
    await dialog.getByRole('row', { name: 'LoRA 秩 8 24' }).waitFor();
    await dialog.getByText('my_flag=3').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: /^填入 \d+ 项设置$/u }).click();
    await expect.poll(() => field('LoRA 秩').inputValue(), { timeout: WAIT_MS }).toBe('24');
    await sheet().getByRole('button', { name: '撤销' }).click();
    await expect.poll(() => field('LoRA 秩').inputValue(), { timeout: WAIT_MS }).toBe('8');
  });

  it('says what a field takes in the language of the screen', async () => {
    await field('LoRA 秩').fill('0');
    await page.getByText('0 超出范围，应为整数（≥ 1，≤ 1,024）').first().waitFor();
    await page.getByRole('button', { name: '还原“LoRA 秩”' }).click();
  });

  it('a trial run measures, answers, and leaves the draft as it is', async () => {
    await sheet()
      .getByRole('button', { name: /^试跑 \d+ 步$/u })
      .click();
    await sheet().getByText('实测峰值', { exact: true }).waitFor({ timeout: WAIT_MS });
    await expect
      .poll(() => fact('实测峰值'), { timeout: WAIT_MS })
      .toMatch(/^[\d.,]+\s.?B 预测 [\d.,]+\s.?B$/u);
    expect(await fact('完整训练预计用时')).toMatch(/^≈ \d/u);
    await sheet().getByText('最初的回答').waitFor();
    expect(await field('梯度累积').inputValue()).toBe('2');
    // The run that was measured is now what the time of the whole run rests on.
    await expect.poll(() => fact('训练用时'), { timeout: WAIT_MS }).toMatch(/^≈ \d/u);
    const { items } = await callFromPage(page, 'runs.list', {});
    expect(items).toMatchObject([
      { name: 'internlm2-chat-7b-disc-law · 试跑', tags: ['试跑'], state: 'done' },
    ]);
    await page.reload();
    await sheet().getByText('实测峰值', { exact: true }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await sheet().getByRole('link', { name: 'internlm2-chat-7b-disc-law · 试跑' }).first().click();
    await page.getByRole('heading', { name: /试跑$/u }).waitFor();
  });
});
