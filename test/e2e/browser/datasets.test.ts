import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { dropFile } from './drop-file.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';

const WAIT_MS = 60_000;

/** From a file on a person's desk to a training run, by hand, in a real browser over the real server. */
describe('data and a new run in the browser', () => {
  let studio: StudioBrowser;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
  });

  afterAll(async () => {
    await studio.close();
  });

  const count = (part: string): Promise<string> => page.getByTestId(`count-${part}`).innerText();

  it('a dropped file shows its counts, its problems and what to do', async () => {
    await page.getByRole('link', { name: '数据集' }).click();
    const rows = readFileSync(path.join(sharedFolder, 'data/disc-law-sft/triplet.jsonl'), 'utf8');
    const broken = `${rows.trimEnd()}\n{"id":"x","input":"没有回答的问题"}\n{"id":"y","input":"断\n`;
    await dropFile(page, page.getByRole('heading', { level: 1, name: '数据集' }), '法律三元组.jsonl', broken);
    await page.getByText('记录缺少 output。').waitFor();
    // 40 real rows, one without an answer; a broken line is no row.
    expect([await count('all'), await count('excluded')]).toEqual(['41', '1']);
    expect(Number(await count('train')) + Number(await count('eval'))).toBe(40);
    await page.getByText('另有 1 处无法读取').waitFor();
    await page.getByText('补上该字段，或导入时不含此行。').waitFor();
    await page.getByRole('cell', { name: '42', exact: true }).waitFor();
  });

  it('one button does what is suggested, and one takes it back', async () => {
    const question = page.locator('li[data-role="user"]').first();
    const start = page.getByRole('button', { name: '导入 40 行' });
    await page.getByRole('button', { name: '按建议修复' }).press('Enter');
    await page.locator('li[data-role="user"]', { hasText: '参考资料：' }).first().waitFor();
    await expect.poll(() => start.isEnabled()).toBe(true);
    await page.getByRole('button', { name: '撤销' }).press('Enter');
    await expect.poll(() => start.isEnabled()).toBe(false);
    await expect.poll(() => question.innerText()).not.toContain('参考资料：');
    await page.getByText(/^排除无法使用的 1 行/u).waitFor();
  });

  it('a dropped socket does not read the files again', async () => {
    const sockets: WebSocketRoute[] = [];
    const sent: string[][] = [];
    await page.routeWebSocket(/\/api\/socket$/u, (socket) => {
      const server = socket.connectToServer();
      const messages: string[] = [];
      sent.push(messages);
      sockets.push(socket);
      socket.onMessage((message) => {
        messages.push(message.toString());
        server.send(message);
      });
    });
    await page.reload();
    await page.getByRole('button', { name: '导入 40 行' }).waitFor();
    const asked = (at: number, method: string): boolean =>
      sent[at]?.some((message) => message.includes(`"${method}"`)) === true;
    expect(asked(0, 'datasets.inspect')).toBe(true);
    await sockets[0]?.close();
    // Everything that stands on the page is asked for at once, the reading would be among it.
    await expect.poll(() => asked(1, 'datasets.list')).toBe(true);
    await page.getByRole('button', { name: '导入 40 行' }).waitFor();
    expect(asked(1, 'datasets.inspect')).toBe(false);
  });

  it('one switch puts the references into the prompt', async () => {
    const question = page.locator('li[data-role="user"]').first();
    expect(await question.innerText()).not.toContain('参考资料：');
    await page.getByRole('switch', { name: /放进提问/u }).press('Space');
    await page.locator('li[data-role="user"]', { hasText: '参考资料：' }).first().waitFor();
    expect(await question.innerText()).toMatch(/参考资料：\s+《刑法》第二百六十七条/u);
  });

  it('nothing is imported before the person agrees to the rows that are left out', async () => {
    const button = page.getByRole('button', { name: '导入 40 行' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: /只导入可用的 40 行，排除 1 行/u }).press('Space');
    await button.press('Enter');
    await page.getByRole('heading', { name: '法律三元组', exact: true }).waitFor();
    await page.getByRole('tab', { name: '数据样本' }).waitFor();
    expect([await count('all'), await count('excluded')]).toEqual(['41', '1']);
  });

  it('every number opens its rows, and a Chinese word is found inside longer ones', async () => {
    await page.getByTestId('count-excluded').click();
    await page.getByText('1 行', { exact: true }).waitFor();
    await page.getByText('没有回答的问题').first().waitFor();
    await page.getByTestId('count-all').click();
    await page.getByText('41 行', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: /全文搜索/u }).fill('盗窃');
    const found = page.getByText(/^\d+ 行$/u).first();
    await expect.poll(async () => Number.parseInt(await found.innerText(), 10)).toBeLessThan(41);
    expect(Number.parseInt(await found.innerText(), 10)).toBeGreaterThan(0);
    await page.getByRole('textbox', { name: /全文搜索/u }).fill('绝无此词');
    await page.getByText('没有包含“绝无此词”的行。').waitFor();
  });

  it('a run is started on it, with wrong values refused beside their field', async () => {
    await page.getByRole('button', { name: '用它训练' }).click();
    await page.getByRole('heading', { name: '新建训练' }).waitFor();
    const start = page.getByRole('button', { name: '开始训练' });
    expect(await start.isDisabled()).toBe(true);
    await page.getByRole('button', { name: '添加模型…' }).click();
    await page
      .getByRole('textbox', { name: /模型所在文件夹/u })
      .fill(path.join(repositoryRoot, 'resources', 'tiny-model'));
    await page.getByRole('button', { name: '添加并选用' }).press('Enter');
    await page.getByText('总步数').waitFor();

    const search = page.getByRole('textbox', { name: /搜索设置/u });
    await search.fill('per_device_train_batch_size');
    const microBatch = page.getByRole('textbox', { name: '微批大小' });
    await microBatch.fill('0');
    await page
      .getByText(/0 超出范围，应为整数（≥ 1，≤ 4,096）/u)
      .first()
      .waitFor();
    expect(await start.isDisabled()).toBe(true);
    await microBatch.fill('2');
    await page.getByText('已改动').waitFor();
    await search.fill('max_steps');
    await page.getByRole('textbox', { name: '最多步数' }).fill('3');
    await search.fill('cutoff');
    await page.getByRole('textbox', { name: '截断长度' }).fill('1024');
    await search.fill('');
    // 2 × 4 × 1 = 8 samples a step: 38 rows make 5 steps an epoch, cut at 3.
    await page.getByText('2 × 4 × 1 = 8 条').waitFor();

    await page.reload();
    await page.getByText('2 × 4 × 1 = 8 条').waitFor();
    await expect.poll(() => start.isDisabled()).toBe(false);
    await start.press('Enter');
    await page.waitForURL(/#\/runs\/[0-9A-Z]{26}/u);
    const runId = /[0-9A-Z]{26}/u.exec(page.url())?.[0] ?? '';
    const events = path.join(studio.home, 'runs', runId, 'attempts', '1', 'events.ndjson');
    await expect
      .poll(() => (existsSync(events) ? readFileSync(events, 'utf8') : ''), {
        timeout: 180_000,
        interval: 250,
      })
      .toContain('"type":"ended","data":{"status":"done"');
    expect(readFileSync(events, 'utf8').match(/"type":"step"/gu)).toHaveLength(3);
  });

  it('the page never complained', () => {
    expect(studio.complaints).toEqual([]);
  });
});
