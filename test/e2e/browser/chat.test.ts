import path from 'node:path';

import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './page-calls.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';

const WAIT_MS = 120_000;

/** The embedded tiny model, asked in two columns in a real browser over the real server. */
describe('chat in the browser', () => {
  let studio: StudioBrowser;
  let page: Page;
  let modelId: string;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('link', { name: '对话' }).waitFor();
  });

  afterAll(async () => {
    await studio.close();
  });

  const column = (number: number): Locator =>
    page.getByRole('region', { name: `第 ${String(number)} 列`, exact: true });
  const question = (): Locator => page.getByRole('textbox', { name: '问题', exact: true });
  /** Collects how long the text of a column is whenever it changes. */
  const watchLengths = (number: number): Promise<void> =>
    column(number)
      .getByRole('log')
      .evaluate((log) => {
        const lengths = new Set<number>();
        (window as unknown as { lengths: Set<number> }).lengths = lengths;
        new MutationObserver(() => lengths.add(log.textContent.length)).observe(log, {
          subtree: true,
          childList: true,
          characterData: true,
        });
      });
  const lengthsSeen = (): Promise<number> =>
    page.evaluate(() => (window as unknown as { lengths: Set<number> }).lengths.size);

  it('says what is needed on a rig without a model', async () => {
    await page.getByRole('link', { name: '对话' }).click();
    await page.getByText('有了模型，就可以在这里向它提问。').waitFor();
    await page.getByRole('button', { name: '添加模型文件夹' }).waitFor();
  });

  it('loads the model of the address, and another one beside it', async () => {
    const folder = path.join(repositoryRoot, 'resources/tiny-model');
    modelId = (await callFromPage(page, 'models.add', { path: folder, name: '小模型' })).id;
    await page.evaluate((id) => void (window.location.hash = `/chat?model=${id}`), modelId);
    await page.reload();
    await column(1)
      .getByText(/^对话模板 /u)
      .waitFor();
    await page.getByRole('button', { name: '并排对比' }).click();
    await column(2).getByRole('button', { name: '与 小模型 对话' }).click();
    await column(2).getByText('正在加载模型…').waitFor();
    await column(2)
      .getByText(/^对话模板 /u)
      .waitFor();
  });

  it('one question goes to both columns; the text streams, and its end is said', async () => {
    await page.getByRole('button', { name: '系统提示词与采样' }).click();
    await page.getByRole('textbox', { name: '系统提示词' }).fill('你是法律助手。');
    await page.getByRole('textbox', { name: '回答最多 token 数' }).fill('200');
    await page.getByRole('textbox', { name: '随机种子' }).fill('7');
    await question().fill('第一行');
    await question().press('Shift+Enter');
    await question().pressSequentially('什么是合同？');
    await watchLengths(1);
    await question().press('Enter');
    for (const number of [1, 2]) {
      await column(number)
        .getByText(/^(回答完毕|已达长度上限) · 问 \d+ \/ 答 \d+ 个 token$/u)
        .waitFor();
      expect(await column(number).getByRole('article').innerText()).toContain('第一行\n什么是合同？');
    }
    // The question, the first word, the buttons below the end, and steps between them.
    expect(await lengthsSeen()).toBeGreaterThan(4);
    const [first, second] = await Promise.all([1, 2].map((number) => answerText(number)));
    expect(first).not.toBe('');
    expect(first).toBe(second);
  });

  const answerText = async (number: number): Promise<string> => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await column(number).getByRole('button', { name: '复制回答' }).last().click();
    return page.evaluate(() => navigator.clipboard.readText());
  };

  it('copies the question as a command and as calls', async () => {
    await column(1).getByRole('button', { name: '复制为命令（仅此一问）' }).click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    expect(command).toBe(
      `legal-eagle chat --model ${modelId} --system '你是法律助手。' --max-new-tokens 200 --seed 7 --prompt '第一行\n什么是合同？'`,
    );
    await column(1).getByRole('button', { name: '复制为接口调用' }).click();
    const calls = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as unknown;
    expect(calls).toMatchObject([
      { method: 'chat.open', params: { model: modelId } },
      { method: 'chat.send', params: { sampling: { maxNewTokens: 200, seed: 7 } } },
    ]);
  });

  it('Esc stops the answers, which keep what they said', async () => {
    // Nearly even odds: an end by itself is out of reach before it is stopped.
    await page.getByRole('textbox', { name: '温度' }).fill('5');
    await page.getByRole('textbox', { name: 'top-p' }).fill('1');
    await page.getByRole('textbox', { name: '回答最多 token 数' }).fill('20000');
    await question().fill('再说一遍');
    await question().press('Enter');
    await column(2).getByText('正在回答…').waitFor();
    await question().press('Escape');
    await column(1)
      .getByText(/^已停止 · /u)
      .waitFor();
    await column(2)
      .getByText(/^已停止 · /u)
      .waitFor();
  });

  it('answers the last question again, in one column', async () => {
    await page.getByRole('textbox', { name: '回答最多 token 数' }).fill('8');
    await column(1).getByRole('button', { name: '重新回答' }).click();
    await column(1)
      .getByText(/^(回答完毕|已达长度上限) · .* 答 \d 个 token$/u)
      .waitFor();
    expect(await column(1).getByRole('article').count()).toBe(2);
    await column(2)
      .getByText(/^已停止 · /u)
      .waitFor();
  });

  it('clears both columns', async () => {
    await page.getByRole('button', { name: '清空对话' }).click();
    await expect.poll(() => page.getByRole('article').count()).toBe(0);
  });

  it('says in words why nothing answers', async () => {
    await page.evaluate(() => void (window.location.hash = '/chat?model=nothing-such'));
    await column(1).getByRole('alert').waitFor();
  });

  it('wrote no error to the console', () => {
    expect(studio.complaints).toEqual([]);
  });
});
