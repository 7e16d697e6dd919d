import { readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';

import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { markedProcesses } from '../../helpers/job-harness.ts';
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
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('link', { name: '对话' }).waitFor();
  });

  afterAll(async () => {
    await studio.close();
  });

  const column = (number: number): Locator =>
    page.getByRole('region', { name: `第 ${String(number)} 列`, exact: true });
  const answersEnd = (number: number): Locator =>
    column(number).getByText(/^(回答完毕|已达长度上限) · 问 \d+ \/ 答 [\d,]+ 个词元( · [\d.,]+ 词元\/s)?$/u);
  const stopped = (number: number): Locator => column(number).getByText(/^已停止 · /u);
  const ready = (number: number): Locator => column(number).getByText('对话模板', { exact: true });
  const settings = (number: number): Promise<void> =>
    column(number).getByRole('button', { name: '系统提示词与采样' }).click();
  const field = (number: number, name: string): Locator =>
    column(number).getByRole('textbox', { name, exact: true });
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

  it('loads the model of the address, says how far it is, and what answers', async () => {
    const folder = path.join(repositoryRoot, 'resources/tiny-model');
    modelId = (await callFromPage(page, 'models.add', { path: folder, name: '小模型' })).id;
    await page.reload();
    await page.evaluate((id) => void (window.location.hash = `/chat?model=${id}`), modelId);
    await column(1).getByRole('progressbar', { name: '模型加载进度' }).waitFor();
    await ready(1).waitFor();
    const facts = await column(1).getByLabel('当前由谁回答').innerText();
    expect(facts).toMatch(/小模型@[0-9a-f]{8}/u);
    expect(facts).toMatch(/思考模式\s+未记录/u);
    expect(facts).toMatch(/系统提示词\s+无/u);
  });

  it('puts another column beside it, which can be cancelled while it loads and loaded again', async () => {
    await page.getByRole('button', { name: '并排对比' }).click();
    // A folder outside the library is another answerer, with weights of its own.
    const other = (await callFromPage(page, 'models.add', { path: await copyOfTiny(), name: '另一个' })).id;
    await page.reload();
    await ready(1).waitFor();
    await column(2).getByRole('combobox', { name: '由谁回答' }).click();
    await page.getByRole('option', { name: '另一个', exact: true }).click();
    await column(2).getByRole('button', { name: '取消加载' }).click();
    await column(2).getByRole('button', { name: '加载模型' }).click();
    await ready(2).waitFor();
    expect(await page.evaluate(() => window.location.hash)).toContain(other);
  });

  const copyOfTiny = async (): Promise<string> => {
    const copy = path.join(studio.home, 'copy');
    await cp(path.join(repositoryRoot, 'resources/tiny-model'), copy, { recursive: true });
    return copy;
  };

  it('one question goes to both columns; the text streams, and its end is said', async () => {
    await settings(1);
    await column(1).getByText('自己填写', { exact: true }).click();
    await field(1, '系统提示词').fill('你是法律助手。');
    await field(1, '回答最多词元数').fill('200');
    await field(1, '随机种子').fill('7');
    await column(1).getByRole('button', { name: '用到另一列' }).click();
    await column(1).getByLabel('当前由谁回答').getByText('自己填写', { exact: true }).waitFor();
    await question().fill('第一行');
    await question().press('Shift+Enter');
    await question().pressSequentially('什么是合同？');
    await watchLengths(1);
    await question().press('Enter');
    for (const number of [1, 2]) {
      await answersEnd(number).waitFor();
      expect(await column(number).getByRole('article').innerText()).toContain('第一行\n什么是合同？');
    }
    // The question, the first word, the buttons below the end, and a step between them.
    expect(await lengthsSeen()).toBeGreaterThan(3);
    // Equal weights, system prompt, sampling and seed: what one column was set to reached the other.
    const [first, second] = [await answerText(1), await answerText(2)];
    expect(first).not.toBe('');
    expect(first).toBe(second);
  });

  const answerText = async (number: number): Promise<string> => {
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

  it('Enter that chooses a word of an input method does not send', async () => {
    await question().focus();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Input.imeSetComposition', { text: 'hetong', selectionStart: 6, selectionEnd: 6 });
    await question().press('Enter');
    expect(await column(1).getByRole('article').count()).toBe(1);
    await devtools.send('Input.insertText', { text: '合同' });
    expect(await question().inputValue()).toContain('合同');
    await question().fill('');
    await devtools.detach();
  });

  it('an answer goes on while the screen is left, and the page reloaded; Esc stops it', async () => {
    // Nearly even odds: an end by itself is out of reach before it is stopped.
    await field(1, '温度（0 为贪心）').fill('5');
    await field(1, 'top-p').fill('1');
    await field(1, '回答最多词元数').fill('20000');
    await column(1).getByRole('button', { name: '用到另一列' }).click();
    await question().fill('再说一遍');
    await question().press('Enter');
    const lengthOf = (number: number): Promise<number> =>
      column(number)
        .getByRole('article')
        .last()
        .innerText()
        .then((text) => text.length);
    await expect.poll(() => lengthOf(2), { timeout: WAIT_MS }).toBeGreaterThan(40);
    const hash = await page.evaluate(() => window.location.hash);
    await page.getByRole('link', { name: '首页' }).click();
    // The address changes once the screen's code is there; before that, setting it back would change nothing.
    await page.waitForURL(/#\/$/u);
    await page.evaluate((before) => void (window.location.hash = before), hash);
    await expect.poll(() => lengthOf(2), { timeout: WAIT_MS }).toBeGreaterThan(60);
    await page.reload();
    await ready(2).waitFor();
    const before = await lengthOf(2);
    await expect.poll(() => lengthOf(2), { timeout: WAIT_MS }).toBeGreaterThan(before);
    await page.keyboard.press('Escape');
    for (const number of [1, 2]) {
      await stopped(number).waitFor();
      expect(await column(number).getByRole('article').count()).toBe(2);
    }
  });

  it('answers the last question again, in one column', async () => {
    await settings(1);
    await field(1, '回答最多词元数').fill('8');
    await column(1).getByRole('button', { name: '重新回答' }).click();
    await answersEnd(1).nth(1).waitFor();
    expect(await column(1).getByRole('article').count()).toBe(2);
    expect(await stopped(2).count()).toBe(1);
  });

  it('a question that is edited is asked again in both columns, without what followed it', async () => {
    await settings(2);
    await field(2, '回答最多词元数').fill('8');
    await column(2).getByRole('article').first().hover();
    await column(2).getByRole('button', { name: '修改' }).first().click();
    await column(2).getByText('后面的 1 轮会被去掉').waitFor();
    await column(2).getByRole('textbox', { name: '修改问题' }).fill('什么是侵权？');
    await column(2).getByRole('textbox', { name: '修改问题' }).press('Enter');
    for (const number of [1, 2]) {
      await answersEnd(number).waitFor();
      expect(await column(number).getByRole('article').count()).toBe(1);
      expect(await column(number).getByRole('article').innerText()).toContain('什么是侵权？');
    }
  });

  it('clears both columns, and takes it back', async () => {
    await page.getByRole('button', { name: '清空对话' }).click();
    await expect.poll(() => page.getByRole('article').count()).toBe(0);
    await column(1).getByRole('button', { name: '撤销清空' }).click();
    await column(2).getByRole('button', { name: '撤销清空' }).click();
    await expect.poll(() => page.getByRole('article').count()).toBe(2);
  });

  it('a killed process is named, and the model opens again with the conversation', async () => {
    const before = chatJobs(studio.home);
    expect(before.length).toBe(2);
    for (const job of before) for (const pid of markedProcesses(job)) process.kill(pid, 'SIGKILL');
    for (const number of [1, 2]) {
      await column(number).getByRole('alert').getByText('job.killed').waitFor();
      await column(number).getByRole('button', { name: '重新打开模型' }).click();
      await ready(number).waitFor();
    }
    await question().fill('还在吗？');
    await question().press('Enter');
    for (const number of [1, 2]) await answersEnd(number).nth(1).waitFor();
  });

  it('shows what a model writes as Markdown, never as HTML, and follows no link', async () => {
    const text =
      '# 标题\n<img src=x onerror="window.hacked=1">\n[点我](https://example.org/x)\n```js\nlet a;\n```';
    await page.evaluate((answer) => {
      const name = 'legal-eagle.chat';
      const kept = JSON.parse(window.localStorage.getItem(name) ?? '{}') as Record<
        string,
        { said: { turns: { text: string }[] } }
      >;
      for (const { said } of Object.values(kept)) for (const turn of said.turns) turn.text = answer;
      // The page writes what it knows when it goes; this has to come after.
      window.addEventListener('pagehide', () => window.localStorage.setItem(name, JSON.stringify(kept)));
    }, text);
    await page.reload();
    const answer = column(1).getByRole('article').first();
    await answer.getByText('let a;').waitFor();
    expect(await answer.locator('img, a').count()).toBe(0);
    expect(await answer.innerText()).toContain('<img src=x');
    await answer.getByRole('button', { name: '复制', exact: true }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('let a;');
  });

  it('closes a column and frees its model', async () => {
    await ready(2).waitFor();
    await column(2).getByRole('button', { name: '去掉这一列' }).click();
    await expect.poll(() => chatJobs(studio.home).length, { timeout: WAIT_MS }).toBe(1);
  });

  it('says in words why nothing answers', async () => {
    await page.evaluate(() => void (window.location.hash = '/chat?model=nothing-such'));
    await column(1).getByRole('alert').getByText('core.not_found').waitFor();
  });

  it('has no barrier, in the light and in the dark', async () => {
    await page.evaluate((id) => void (window.location.hash = `/chat?model=${id}`), modelId);
    await ready(1).waitFor();
    await settings(1);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('wrote no error to the console', () => {
    expect(studio.complaints).toEqual([]);
  });
});

/** Jobs of a data folder that have a process. */
function chatJobs(home: string): readonly string[] {
  const jobs = path.join(home, 'jobs');
  return readdirSync(jobs).filter((job) => markedProcesses(job).length > 0);
}
